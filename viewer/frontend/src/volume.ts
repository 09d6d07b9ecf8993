/**
 * A series as a volume: between its indices (column, row, frame) and the patient, and its values between voxels.
 *
 * Voxel centres have whole indices. The step from frame to frame is taken from the positions, so a stack whose
 * slices are shifted against each other (gantry tilt) keeps its true shape.
 */
import type { FrameStream, Values } from './frames';
import { cross, type Direction, dot } from './geometry';
import type { Point3, Series } from './payload';

export class Volume {
  readonly series: Series;
  /** Number of columns, rows, frames. */
  readonly size: Point3;
  /** Position of index (0, 0, 0), and the steps of column, row and frame in mm. */
  readonly origin: Point3;
  readonly steps: readonly [Direction, Direction, Direction];
  readonly #inverse: readonly [Direction, Direction, Direction];
  readonly #stream: FrameStream;

  /** The series must be one of those whose `mpr` is null. */
  constructor(series: Series, stream: FrameStream) {
    const { orientation: o, positions, spacing } = series;
    if (!o || !positions || !spacing) throw new Error(`${series.label} has no place in the patient`);
    const [first, last] = [positions[0]!, positions.at(-1)!];
    const along = (axis: number): number => (last[axis]! - first[axis]!) / (positions.length - 1);
    this.series = series;
    this.#stream = stream;
    this.size = [series.columns, series.rows, series.frames];
    this.origin = first;
    this.steps = [
      [o[0]! * spacing[1], o[1]! * spacing[1], o[2]! * spacing[1]],
      [o[3]! * spacing[0], o[4]! * spacing[0], o[5]! * spacing[0]],
      [along(0), along(1), along(2)],
    ];
    this.#inverse = invert(this.steps);
  }

  /** Frames as they are here now. */
  frame(k: number): Values | undefined {
    return this.#stream.peek(k);
  }

  get whole(): boolean {
    return this.#stream.complete;
  }

  /** How much of it is here, as text; empty when all is. */
  get arrival(): string {
    return this.whole ? '' : `${Math.floor((100 * this.#stream.loaded) / this.size[2])} % loaded`;
  }

  toPatient([i, j, k]: Point3): Point3 {
    const [a, b, c] = this.steps;
    const at = (axis: 0 | 1 | 2): number => this.origin[axis] + a[axis] * i + b[axis] * j + c[axis] * k;
    return [at(0), at(1), at(2)];
  }

  toIndex(point: Point3): Point3 {
    return this.toSteps([point[0] - this.origin[0], point[1] - this.origin[1], point[2] - this.origin[2]]);
  }

  /** A way in mm as a way in indices. */
  toSteps(way: Direction): Point3 {
    const [a, b, c] = this.#inverse;
    return [dot(a, way), dot(b, way), dot(c, way)];
  }

  get centre(): Point3 {
    return this.toPatient(this.size.map((count) => (count - 1) / 2) as unknown as Point3);
  }

  /** The corners of the box of all voxels, edges included. */
  get corners(): Point3[] {
    const [ni, nj, nk] = this.size;
    const ends = [-0.5, 0.5];
    return ends.flatMap((i) =>
      ends.flatMap((j) =>
        ends.map((k) => this.toPatient([i < 0 ? i : ni - i, j < 0 ? j : nj - j, k < 0 ? k : nk - k])),
      ),
    );
  }

  /** Distance in mm between neighbouring voxels along a unit direction. */
  spacingAlong(direction: Direction): number {
    return 1 / Math.max(...this.toSteps(direction).map(Math.abs));
  }

  /** The value between voxel centres (trilinear), as sent; null outside and where not loaded. */
  sample(point: Point3): number | null {
    const [i, j, k] = this.toIndex(point);
    const [ni, nj, nk] = this.size;
    if (!(i >= -0.5 && j >= -0.5 && k >= -0.5 && i <= ni - 0.5 && j <= nj - 0.5 && k <= nk - 0.5))
      return null;
    const [x, y, z] = [clamp(i, ni), clamp(j, nj), clamp(k, nk)];
    const below = this.frame(Math.floor(z));
    const above = this.frame(Math.min(nk - 1, Math.floor(z) + 1));
    if (!below || !above) return null;
    const [low, high] = [bilinear(below, x, y, ni, nj), bilinear(above, x, y, ni, nj)];
    return low + (high - low) * (z - Math.floor(z));
  }
}

const clamp = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));

function bilinear(values: Values, x: number, y: number, columns: number, rows: number): number {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [i < columns - 1 ? 1 : 0, j < rows - 1 ? columns : 0];
  const at = j * columns + i;
  const upper = values[at]! + (values[at + right]! - values[at]!) * (x - i);
  const lower = values[at + down]! + (values[at + down + right]! - values[at + down]!) * (x - i);
  return upper + (lower - upper) * (y - j);
}

/** Rows of the inverse of the matrix whose columns are these. */
function invert([a, b, c]: readonly [Direction, Direction, Direction]): [Direction, Direction, Direction] {
  const [bc, ca, ab] = [cross(b, c), cross(c, a), cross(a, b)];
  const determinant = dot(a, bc);
  const over = (v: Direction): Direction => [v[0] / determinant, v[1] / determinant, v[2] / determinant];
  return [over(bc), over(ca), over(ab)];
}
