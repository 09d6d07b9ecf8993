import { describe, expect, it } from 'vitest';
import type { Point3 } from './payload';
import { corners, cuts, drop, fromCanvas, lift, normalOf, type Place, type Sheet, toCanvas } from './sheet';

// Rows run to the left, columns to the feet: a coronal sheet at y = -30, pixels of 0.5 × 2 mm.
const coronal: Place = { origin: [-50, -30, 100], u: [0.5, 0, 0], v: [0, 0, -2] };

describe('a sheet', () => {
  it('lifts a point into the patient and drops it back', () => {
    expect(lift(coronal, [20, 10])).toEqual([-40, -30, 80]);
    const { at, above } = drop(coronal, [-40, -33, 80]);
    expect(at).toEqual([20, 10]);
    // u × v points to y = +1: 3 mm in front is below.
    normalOf(coronal).forEach((value, axis) => {
      expect(value).toBeCloseTo([0, 1, 0][axis]!);
    });
    expect(above).toBeCloseTo(-3);
  });

  it('finds the point under the canvas of a turned view', () => {
    const turned = [0, 2, -2, 0, 300, 100] as const;
    expect(fromCanvas(turned, toCanvas(turned, [12, 7]))).toEqual([12, 7]);
  });

  it('is cut by another sheet along a line as long as that sheet is wide', () => {
    const axial = {
      place: { origin: [-10, -40, 90], u: [1, 0, 0], v: [0, 1, 0] },
      extent: [-0.5, 20.5, -0.5, 20.5],
    } as unknown as Sheet;
    const [from, to] = cuts(coronal, corners(axial))[0]!;
    // z = 90 is 5 rows down; x from -10.5 to 10.5 are columns 79 to 121.
    expect([from[1], to[1]]).toEqual([5, 5]);
    expect([from[0], to[0]].sort((a, b) => a - b)).toEqual([79, 121]);
  });

  it('is not cut by a sheet beside it', () => {
    const beside: Point3[] = [
      [0, 10, 0],
      [5, 10, 0],
      [5, 20, 0],
      [0, 20, 0],
    ];
    expect(cuts(coronal, beside)).toEqual([]);
  });
});
