import { describe, expect, it } from 'vitest';
import type { Series } from './payload';
import { draggedWindow, greyCurve, valueText, voiRange, windowText } from './values';

const series = (unit: string, scale: number): Series => ({ unit, scale }) as Series;
const ct = series('HU', 1);
const pet = series('SUVbw', 0.0005);

describe('values and windows of a series', () => {
  it('shows SUV with two decimals and HU as they are', () => {
    expect(valueText(pet, [16_000])).toBe('8.00 SUVbw');
    expect(valueText(ct, [-1024])).toBe('-1024 HU');
    expect(valueText(series('', 1), [10, 20, 30])).toBe('10 / 20 / 30');
  });

  it('maps LINEAR windows of CT with their half steps (PS3.3 C.11.2.1.2.1)', () => {
    expect(voiRange(ct, { name: '', center: 40, width: 400 })).toEqual({ lower: -160, upper: 239 });
  });

  it('maps windows in SUV onto the values that are sent, exactly', () => {
    expect(voiRange(pet, { name: '', center: 3.5, width: 7 })).toEqual({ lower: 0, upper: 14_000 });
  });

  it('maps LINEAR_EXACT without half steps and knows where a SIGMOID ends for the eye', () => {
    expect(voiRange(ct, { name: '', center: 40, width: 400, function: 'LINEAR_EXACT' })).toEqual({
      lower: -160,
      upper: 240,
    });
    const window = { name: '', center: 100, width: 200, function: 'SIGMOID' } as const;
    expect(voiRange(ct, window)).toEqual({ lower: -300, upper: 500 });
    const curve = greyCurve(window) ?? [];
    expect(curve[2048]).toBe(0.5);
    // A quarter of the way from c to c + 2 w: 1 / (1 + exp(−2)), PS3.3 C.11.2.1.3.1.
    expect(curve[2560]).toBeCloseTo(1 / (1 + Math.exp(-2)), 10);
    expect(curve[0]).toBeLessThan(1 / 255);
  });

  it('takes a table as it stands, and keeps it when the window is dragged', () => {
    const window = { name: 'N', center: 10, width: 2, function: 'LUT', lut: btoa('\x00\x33\xff') } as const;
    expect(voiRange(ct, window)).toEqual({ lower: 9, upper: 11 });
    expect(greyCurve(window)).toEqual([0, 0.2, 1]);
    expect(greyCurve(draggedWindow(ct, window, 30, 0))).toEqual([0, 0.2, 1]);
    expect(greyCurve({ name: '', center: 0, width: 10 })).toBeNull();
  });

  it('keeps the floor of activity at 0 however the window is dragged', () => {
    for (const [dx, dy] of [
      [60, 0],
      [-80, 30],
      [-5000, -5000],
    ] as const) {
      const { center, width } = draggedWindow(pet, { name: '', center: 3.5, width: 7 }, dx, dy);
      expect(center - width / 2).toBeCloseTo(0);
      expect(width).toBeGreaterThan(0);
    }
  });

  it('names the ends of a window of activity and width and level of others', () => {
    expect(windowText(pet, { name: 'SUV 0–7', center: 3.5, width: 7 })).toBe('0–7 SUVbw');
    expect(windowText(ct, { name: 'Lung', center: -600, width: 1500 })).toBe('W 1500  L -600  Lung');
  });
});
