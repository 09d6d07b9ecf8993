import { describe, expect, it } from 'vitest';
import { crossing } from './crossing';
import type { Outline, Series } from './payload';
import type { Place } from './sheet';

// Axial frames of 1 mm pixels every 3 mm from z = 0; a box of x 2 to 6, y 10 to 14 is outlined on frames 1 and 2.
const series = {
  orientation: [1, 0, 0, 0, 1, 0],
  positions: [0, 3, 6, 9].map((z) => [0, 0, z]),
  spacing: [1, 1],
} as unknown as Series;
const box = (frame: number, left: number, right: number): Outline =>
  ({
    frame,
    points: [
      [left, 10],
      [right, 10],
      [right, 14],
      [left, 14],
    ],
  }) as unknown as Outline;
const coronal: Place = { origin: [0, 12, 0], u: [1, 0, 0], v: [0, 0, -1] };

function extent(border: ReturnType<typeof crossing>): number[] {
  const points = border.flat();
  const of = (axis: 0 | 1): number[] => points.map((point) => point[axis]);
  return [Math.min(...of(0)), Math.max(...of(0)), Math.min(...of(1)), Math.max(...of(1))];
}

describe('outlines on a plane through them', () => {
  it('reach half a frame beyond the first and the last', () => {
    // z from 1.5 to 7.5; v runs to the feet.
    const border = crossing(coronal, series, [box(1, 2, 6), box(2, 2, 6)]);
    for (const [n, value] of [2, 6, -7.5, -1.5].entries()) expect(extent(border)[n]).toBeCloseTo(value);
    // Two sides of two frames, bottom and top; nothing between them, where nothing changes.
    expect(border).toHaveLength(6);
  });

  it('show a step where two frames differ', () => {
    const border = crossing(coronal, series, [box(1, 2, 6), box(2, 2, 9)]);
    const step = border.find(([p, q]) => Math.abs(p[1] + 4.5) < 1e-6 && Math.abs(q[1] + 4.5) < 1e-6);
    expect(step?.map(([u]) => u).sort()).toEqual([6, 9]);
  });

  it('have a hole where one lies in another', () => {
    const border = crossing(coronal, series, [box(1, 2, 9), box(1, 4, 6)]);
    const sides = border.filter(([p, q]) => Math.abs(p[0] - q[0]) < 1e-6).map(([p]) => p[0]);
    expect(sides.sort((x, y) => x - y)).toEqual([2, 4, 6, 9]);
  });

  it('are whole on a parallel plane of their own depth, and not there on another', () => {
    const axial = (z: number): Place => ({ origin: [0, 0, z], u: [1, 0, 0], v: [0, 1, 0] });
    expect(extent(crossing(axial(4.4), series, [box(1, 2, 6)]))).toEqual([2, 6, 10, 14]);
    expect(crossing(axial(4.6), series, [box(1, 2, 6)])).toEqual([]);
  });

  it('are not there on a plane beside them', () => {
    expect(crossing({ ...coronal, origin: [0, 20, 0] }, series, [box(1, 2, 6)])).toEqual([]);
  });

  it('stretch on an oblique plane by its tilt', () => {
    const half = Math.SQRT1_2;
    const oblique: Place = { origin: [0, 12, 3], u: [1, 0, 0], v: [0, half, half] };
    // 3 mm of depth along a plane at 45° are 4.24 mm of the sheet.
    const [, , low, high] = extent(crossing(oblique, series, [box(1, 2, 6)]));
    expect(high! - low!).toBeCloseTo(3 * Math.SQRT2);
  });
});
