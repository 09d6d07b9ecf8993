/**
 * Where a plane through a volume cuts outlines that were drawn on the volume's own frames.
 *
 * An outline counts for as much depth as its frame: from halfway to the frame before to halfway to the next. So the
 * cut is a staircase, as exact as the outlines are, and no surface is made up between them.
 */
import { cross, dot } from './geometry';
import type { Outline, Point2, Series } from './payload';
import { cuts, framePlace, lift, type Place } from './sheet';

/** Lines on the sheet, in mm: the border of what lies within. */
export type Border = readonly (readonly [Point2, Point2])[];

/** Cosine of the least tilt between frames and plane: below it an outline lies in the plane, or beside it. */
const PARALLEL = 0.01;

/**
 * The border that some outlines of one thing have on a plane.
 *
 * `place` has unit directions (u and v in mm), as planes through volumes do; `outlines` are of `series`, closed, and of
 * one label: those on one frame are taken together, so that one inside another is a hole.
 */
export function crossing(place: Place, series: Series, outlines: readonly Outline[]): Border {
  const { orientation: o, positions } = series;
  if (!o || !positions) return [];
  const normal = cross([o[0]!, o[1]!, o[2]!], [o[3]!, o[4]!, o[5]!]);
  const [a, b] = [dot(normal, place.u), dot(normal, place.v)];
  const tilt = Math.hypot(a, b);
  const origin = dot(normal, place.origin);
  const depths = positions.map((position) => dot(normal, position) - origin);
  if (tilt < PARALLEL) return lying(place, series, outlines, depths);
  // On the sheet, s grows with the depth of the frames and t runs along them.
  const at = (t: number, s: number): Point2 => [(s * a - t * b) / tilt, (s * b + t * a) / tilt];
  const along = ([u, v]: Point2): number => (a * v - b * u) / tilt;
  const within = new Map<number, number[]>();
  for (const { frame, points } of outlines) {
    const own = framePlace(series, frame)!;
    const found = cuts(
      place,
      points.map((point) => lift(own, point)),
    ).flat();
    within.set(frame, [...(within.get(frame) ?? []), ...found.map(along)]);
  }
  const border: [Point2, Point2][] = [];
  for (const [frame, ends] of within) {
    const [low, high] = reach(depths, frame).map((depth) => depth / tilt) as [number, number];
    for (const t of ends) border.push([at(t, low), at(t, high)]);
    // Between two frames the border is what lies within one of them alone.
    for (const [t0, t1] of pairs([...ends, ...(within.get(frame + 1) ?? [])]))
      border.push([at(t0, high), at(t1, high)]);
    if (!within.has(frame - 1)) for (const [t0, t1] of pairs(ends)) border.push([at(t0, low), at(t1, low)]);
  }
  return border;
}

/** Whole outlines, of the frame whose depth the plane lies in. */
function lying(
  place: Place,
  series: Series,
  outlines: readonly Outline[],
  depths: readonly number[],
): Border {
  const here = outlines.filter(({ frame }) => {
    const [low, high] = reach(depths, frame);
    return low <= 0 && 0 < high;
  });
  return here.flatMap(({ frame, points }) => {
    const own = framePlace(series, frame)!;
    const placed = points.map((point): Point2 => {
      const p = lift(own, point);
      const from = [0, 1, 2].map((axis) => p[axis]! - place.origin[axis]!) as [number, number, number];
      return [dot(from, place.u), dot(from, place.v)];
    });
    return placed.map((point, n): [Point2, Point2] => [point, placed[(n + 1) % placed.length]!]);
  });
}

/** From halfway to the frame before to halfway to the next; the first and last reach as far on their other side. */
function reach(depths: readonly number[], frame: number): [number, number] {
  const here = depths[frame]!;
  const before = depths[frame - 1];
  const after = depths[frame + 1];
  const low = before === undefined ? here - ((after ?? here + 1) - here) / 2 : (before + here) / 2;
  const high = after === undefined ? here + (here - (before ?? here - 1)) / 2 : (here + after) / 2;
  return [low, high];
}

function pairs(ends: readonly number[]): [number, number][] {
  const sorted = [...ends].sort((x, y) => x - y);
  const found: [number, number][] = [];
  for (let n = 0; n + 1 < sorted.length; n += 2) {
    const [from, to] = [sorted[n]!, sorted[n + 1]!];
    if (to - from > 1e-6) found.push([from, to]);
  }
  return found;
}
