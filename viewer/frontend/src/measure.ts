/**
 * Lengths, angles, areas and the values of regions, on a sheet.
 *
 * A sheet without a scale is measured in pixels, and says so; nothing is calibrated by guess. A projection is
 * measured at the detector.
 */
import type { Point2, Point3, Series, Statistics } from './payload';
import type { Sheet } from './sheet';

type Point = Point2 | Point3;

const vector = (from: Point, to: Point): number[] => to.map((value, axis) => value - from[axis]!);

/** Distance of two points of the same kind, in their unit. */
export const distance = (from: Point, to: Point): number => Math.hypot(...vector(from, to));

/** Angle in degrees between two directions, 0 to 180. */
function between(a: readonly number[], b: readonly number[]): number {
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  const cosine = a.reduce((sum, value, axis) => sum + value * b[axis]!, 0) / (lengths || 1);
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

/** Angle at a vertex in degrees, 0 to 180. */
export const angleAt = (vertex: Point, a: Point, b: Point): number =>
  between(vector(vertex, a), vector(vertex, b));

/** Cobb's angle between two lines in degrees, 0 to 90: whichever way each was drawn. */
export function cobbAngle(a: Point, b: Point, c: Point, d: Point): number {
  const angle = between(vector(a, b), vector(c, d));
  return Math.min(angle, 180 - angle);
}

/** Sheet points in mm, or in pixels where there is no scale: what lengths and angles are taken from. */
export function metric({ scale }: Sheet, [u, v]: Point2): Point2 {
  return scale ? [u * scale[0], v * scale[1]] : [u, v];
}

export const lengthUnit = ({ scale }: Sheet): 'mm' | 'px' => (scale ? 'mm' : 'px');

/** Area of a polygon (shoelace), in the square of its points' unit. */
export function areaOf(polygon: readonly Point2[]): number {
  let twice = 0;
  polygon.forEach(([x, y], n) => {
    const [nextX, nextY] = polygon[(n + 1) % polygon.length]!;
    twice += x * nextY - nextX * y;
  });
  return Math.abs(twice) / 2;
}

/** Whether a point lies in a polygon: even–odd rule. */
export function within(polygon: readonly Point2[], [x, y]: Point2): boolean {
  let inside = false;
  for (let n = 0, before = polygon.length - 1; n < polygon.length; before = n++) {
    const [x1, y1] = polygon[n]!;
    const [x2, y2] = polygon[before]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** An ellipse by the ends of its two axes, as a polygon. */
export function ellipsePolygon(ends: readonly Point2[], corners = 96): Point2[] {
  const [a, b, c, d] = ends as [Point2, Point2, Point2, Point2];
  const centre: Point2 = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const first: Point2 = [(b[0] - a[0]) / 2, (b[1] - a[1]) / 2];
  const second: Point2 = [(d[0] - c[0]) / 2, (d[1] - c[1]) / 2];
  return Array.from({ length: corners }, (_, n) => {
    const [cos, sin] = [Math.cos((2 * Math.PI * n) / corners), Math.sin((2 * Math.PI * n) / corners)];
    return [
      centre[0] + first[0] * cos + second[0] * sin,
      centre[1] + first[1] * cos + second[1] * sin,
    ] as Point2;
  });
}

/** Area of an ellipse by the ends of its two axes, which are at right angles. */
export const ellipseArea = ([a, b, c, d]: readonly Point2[]): number =>
  (Math.PI * distance(a!, b!) * distance(c!, d!)) / 4;

/**
 * The values whose pixel centres lie in a polygon on the sheet.
 *
 * `step`: distance of the sampled points in u and v; they lie at its whole multiples.
 */
export function statisticsOf(
  sheet: Sheet,
  polygon: readonly Point2[],
  step: Point2,
  value: (at: Point2) => number | null,
  area: number,
): Statistics {
  let [pixels, sum, squares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let valued = true;
  for (const at of gridWithin(polygon, step)) {
    const found = value(at);
    pixels++;
    if (found === null) {
      valued = false;
      continue;
    }
    sum += found;
    squares += found * found;
    min = Math.min(min, found);
    max = Math.max(max, found);
  }
  const areaUnit = sheet.scale ? 'mm²' : 'px²';
  if (!pixels || !valued) return { pixels, mean: null, sd: null, min: null, max: null, area, areaUnit };
  const mean = sum / pixels;
  const sd = Math.sqrt(Math.max(0, squares / pixels - mean * mean));
  return { pixels, mean, sd, min, max, area, areaUnit };
}

function* gridWithin(polygon: readonly Point2[], [du, dv]: Point2): Generator<Point2> {
  const us = polygon.map(([u]) => u);
  const vs = polygon.map(([, v]) => v);
  const [firstV, lastV] = [Math.ceil(Math.min(...vs) / dv), Math.floor(Math.max(...vs) / dv)];
  const [firstU, lastU] = [Math.ceil(Math.min(...us) / du), Math.floor(Math.max(...us) / du)];
  for (let row = firstV; row <= lastV; row++) {
    for (let column = firstU; column <= lastU; column++) {
      const at: Point2 = [column * du, row * dv];
      if (within(polygon, at)) yield at;
    }
  }
}

/** A value in the series' unit as people write it: HU whole, SUV with two decimals. */
export function amount({ unit }: Pick<Series, 'unit'>, value: number): string {
  if (unit === 'HU') return String(Math.round(value));
  return unit === 'SUVbw' ? value.toFixed(2) : String(Number(value.toFixed(1)));
}

/** What has to be said of lengths on this series: where they hold. */
export function caution({ spacingSource }: Series): string {
  return { patient: '', detector: ' at the detector', estimated: ' estimated' }[spacingSource ?? 'patient'];
}
