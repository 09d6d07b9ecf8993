import { describe, expect, it } from 'vitest';
import { toImage } from './geometry';
import { linkedFrame, offsetFrame } from './linking';
import type { Pane } from './pane';
import type { Point3, Series } from './payload';

/** A pane over axial slices from `first`, `step` mm apart. */
function axial(
  first: number,
  step: number,
  frames: number,
  frame: number,
  space = 'a',
  downwards = false,
): Pane {
  const column = downwards ? [0, -1, 0] : [0, 1, 0];
  const positions = Array.from({ length: frames }, (_, k): Point3 => [0, 0, first + k * step]);
  const series = {
    id: `${first}`,
    frameOfReference: space,
    orientation: [1, 0, 0, ...column],
    positions,
    spacing: [1, 1],
  } as unknown as Series;
  return {
    series,
    frame,
    frameAt: (point: Point3) => toImage(series, point)!.frame,
    sheet: {
      place: { origin: positions[frame]!, u: [1, 0, 0], v: column as unknown as Point3 },
      extent: [0, 10, 0, 10],
      reach: step / 2,
    },
  } as unknown as Pane;
}

describe('linked scrolling', () => {
  it('goes to the slice at the same position, or the end nearest to it', () => {
    expect(linkedFrame(axial(0, 5, 20, 4), axial(-10, 2, 40, 0))).toBe(15);
    expect(linkedFrame(axial(0, 5, 20, 19), axial(-10, 2, 20, 0))).toBe(19);
  });

  it('does not link across frames of reference or planes', () => {
    expect(linkedFrame(axial(0, 5, 20, 4), axial(0, 5, 20, 0, 'b'))).toBeNull();
    const sagittal = axial(0, 5, 20, 0);
    const turned = {
      ...sagittal,
      sheet: { ...sagittal.sheet, place: { origin: [0, 0, 0], u: [0, 1, 0], v: [0, 0, -1] } },
    };
    expect(linkedFrame(axial(0, 5, 20, 4), turned as unknown as Pane)).toBeNull();
  });

  it('keeps the distance of what was lined up, in mm', () => {
    expect(offsetFrame(axial(0, 2.5, 40, 10), axial(500, 5, 40, 7, 'b'), { from: 4, to: 7 })).toBe(10);
  });

  it('goes the other way where the normals of two examinations are opposed', () => {
    // Both run towards the head, but the columns of one run the other way: its normal points to the feet.
    const from = axial(0, 5, 20, 6);
    const to = axial(500, 5, 20, 3, 'b', true);
    expect(offsetFrame(from, to, { from: 4, to: 3 })).toBe(5);
  });
});
