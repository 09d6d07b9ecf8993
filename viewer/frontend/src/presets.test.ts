import { describe, expect, it } from 'vitest';
import type { Series } from './payload';
import { keepPresets, parsePreset, presetGroup, presetsOf } from './presets';

const lung = { name: 'Lung', width: 1500, center: -600 };
const chest = { modality: 'CT', bodyPart: 'chest', presets: [lung] } as unknown as Series;
const head = { modality: 'CT', bodyPart: 'head', presets: [] } as unknown as Series;

describe('window presets', () => {
  it('are those of the series until the reader has own ones for its kind', () => {
    expect(presetGroup(chest)).toBe('CT chest');
    expect(presetsOf(chest)).toEqual([lung]);
    const own = { name: 'Mine', width: 900, center: -500 };
    keepPresets(chest, [own]);
    expect(presetsOf(chest)).toEqual([own]);
    expect(presetsOf(head)).toEqual([]);
    keepPresets(chest, null);
    expect(presetsOf(chest)).toEqual([lung]);
  });

  it('takes numbers as people type them, and says what is wrong', () => {
    expect(parsePreset(' Bone ', '1800', '400')).toEqual({ name: 'Bone', width: 1800, center: 400 });
    expect(parsePreset('SUV', '7,5', '3,75')).toEqual({ name: 'SUV', width: 7.5, center: 3.75 });
    expect(parsePreset('', '1', '1')).toContain('name');
    expect(parsePreset('x', '0', '1')).toContain('width');
    expect(parsePreset('x', '1', '')).toContain('level');
  });
});
