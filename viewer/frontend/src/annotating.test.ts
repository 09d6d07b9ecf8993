import { describe, expect, it } from 'vitest';
import { wording } from './annotating';
import type { Annotation } from './payload';

const region = (unit: string): Annotation => ({
  id: 'a',
  kind: 'ellipse',
  series: 's',
  space: 'image',
  frame: 0,
  points: [],
  value: 4,
  unit,
  statistics: { pixels: 9, mean: 4, sd: 1, min: 0.5, max: 8.684, area: 120, areaUnit: 'mm²' },
});

describe('what is written beside a region', () => {
  it('names the hottest voxel of a PET as reports do', () => {
    expect(wording(region('SUVbw'), undefined)).toEqual([
      '4.00 ± 1.00 SUVbw',
      'SUVmax 8.68, min 0.50',
      '120 mm², 9 pixels',
    ]);
  });

  it('gives the ends of any other unit', () => {
    expect(wording(region('HU'), undefined)[1]).toBe('1 to 9');
  });
});
