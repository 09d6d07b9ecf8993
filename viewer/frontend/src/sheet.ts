/**
 * The plane that a pane shows now, as a sheet of paper: coordinates (u, v) on it, where it lies on the canvas
 * and in the patient (LPS, mm).
 *
 * On a stack u and v are column and row, whole at pixel centres; on a plane through a volume they are mm.
 */
import { cross, type Direction, dot } from './geometry';
import type { Point2, Point3, Series } from './payload';

/** (u, v) to canvas CSS pixels: x = a·u + c·v + e, y = b·u + d·v + f. */
export type Affine = readonly [number, number, number, number, number, number];

export type Place = { readonly origin: Point3; readonly u: Direction; readonly v: Direction };

export type Sheet = {
  readonly toCanvas: Affine;
  /** Position of (0, 0), and the steps of u and v in mm; null for an image without a place in the patient. */
  readonly place: Place | null;
  /** Unit directions of u and v where only they are known (projections), else those of `place`. */
  readonly axes: { readonly row: Direction; readonly column: Direction } | null;
  /** mm per unit of u and v; null where the file does not tell. */
  readonly scale: Point2 | null;
  /** First and last u, first and last v of what is there. */
  readonly extent: readonly [number, number, number, number];
  /** Half the distance to the next sheet, mm: what lies nearer is on this one. */
  readonly reach: number;
};

/** Where a frame of a stack lies: u and v are its columns and rows. Null without patient geometry. */
export function framePlace({ orientation: o, positions, spacing }: Series, frame: number): Place | null {
  const origin = positions?.[frame];
  if (!o || !origin || !spacing) return null;
  const [rows, columns] = spacing;
  return {
    origin,
    u: [o[0]! * columns, o[1]! * columns, o[2]! * columns],
    v: [o[3]! * rows, o[4]! * rows, o[5]! * rows],
  };
}

/** The sheet point under a canvas point. */
export function fromCanvas([a, b, c, d, e, f]: Affine, [x, y]: Point2): Point2 {
  const determinant = a * d - b * c;
  const [dx, dy] = [x - e, y - f];
  return [(d * dx - c * dy) / determinant, (a * dy - b * dx) / determinant];
}

export function toCanvas([a, b, c, d, e, f]: Affine, [u, v]: Point2): Point2 {
  return [a * u + c * v + e, b * u + d * v + f];
}

export function onSheet({ extent: [u0, u1, v0, v1] }: Sheet, [u, v]: Point2): boolean {
  return u >= u0 && u <= u1 && v >= v0 && v <= v1;
}

/** The patient position of a sheet point. */
export function lift({ origin, u, v }: Place, [x, y]: Point2): Point3 {
  return [origin[0] + u[0] * x + v[0] * y, origin[1] + u[1] * x + v[1] * y, origin[2] + u[2] * x + v[2] * y];
}

/** The sheet point nearest to a patient position, and how far above the sheet it lies (mm, with its sign). */
export function drop(place: Place, point: Point3): { readonly at: Point2; readonly above: number } {
  const { origin, u, v } = place;
  const offset: Direction = [point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]];
  const at: Point2 = [dot(offset, u) / dot(u, u), dot(offset, v) / dot(v, v)];
  return { at, above: dot(offset, normalOf(place)) };
}

/** Unit normal, u × v. */
export function normalOf({ u, v }: Place): Direction {
  return unit(cross(u, v));
}

export function unit(a: Direction): Direction {
  const length = Math.hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

export function along(point: Point3, direction: Direction, mm: number): Point3 {
  return [point[0] + direction[0] * mm, point[1] + direction[1] * mm, point[2] + direction[2] * mm];
}

/** The four corners in the patient, in order around the sheet. */
export function corners({ place, extent: [u0, u1, v0, v1] }: Sheet): Point3[] {
  if (!place) return [];
  const around: Point2[] = [
    [u0, v0],
    [u1, v0],
    [u1, v1],
    [u0, v1],
  ];
  return around.map((point) => lift(place, point));
}

/**
 * Where a closed polygon in the patient cuts a sheet: pairs of sheet points, in order along the cut.
 *
 * Two for a convex polygon such as another sheet's outline; none when it lies beside or within the sheet.
 */
export function cuts(place: Place, polygon: readonly Point3[]): [Point2, Point2][] {
  const dropped = polygon.map((point) => drop(place, point));
  const found: Point2[] = [];
  dropped.forEach((from, n) => {
    const to = dropped[(n + 1) % dropped.length]!;
    if (from.above > 0 === to.above > 0) return;
    const share = from.above / (from.above - to.above);
    found.push([from.at[0] + share * (to.at[0] - from.at[0]), from.at[1] + share * (to.at[1] - from.at[1])]);
  });
  if (found.length > 2) sortAlong(found);
  const pairs: [Point2, Point2][] = [];
  for (let n = 0; n + 1 < found.length; n += 2) pairs.push([found[n]!, found[n + 1]!]);
  return pairs;
}

/** All points of a cut lie on one line. */
function sortAlong(points: Point2[]): void {
  const across = Math.abs(points[0]![0] - points[1]![0]) > Math.abs(points[0]![1] - points[1]![1]) ? 0 : 1;
  points.sort((a, b) => a[across] - b[across]);
}
