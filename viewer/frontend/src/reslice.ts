/**
 * Cuts planes and slabs out of a volume: trilinear, exact to the voxel centre, with no graphics processor.
 *
 * Points of the picture advance by constant steps of index, so each row is one straight walk through the volume;
 * only the part inside it is walked.
 */
import type { Values } from './frames';
import type { Direction } from './geometry';
import type { Point3 } from './payload';
import type { Volume } from './volume';

export type Projection = 'max' | 'min' | 'mean';

/** A picture to be cut: where its first pixel's centre lies and the ways to the next pixel and row, in mm. */
export type Cut = {
  readonly origin: Point3;
  readonly right: Direction;
  readonly down: Direction;
  readonly width: number;
  readonly height: number;
};

/** Planes that are put together: how, how many, and the way from one to the next in mm; they lie around the cut. */
export type Slab = { readonly projection: Projection; readonly planes: number; readonly way: Direction };

/** Writes the values (as sent) of a cut into `out`; NaN where the volume is not, or not loaded. */
export function reslice(volume: Volume, cut: Cut, slab: Slab | null, out: Float32Array): void {
  const start = volume.toIndex(cut.origin);
  const right = volume.toSteps(cut.right);
  const down = volume.toSteps(cut.down);
  const frames = Array.from({ length: volume.size[2] }, (_, k) => volume.frame(k));
  if (!slab || slab.planes < 2) {
    walk(frames, volume.size, start, right, down, cut, out, put);
    return;
  }
  const way = volume.toSteps(slab.way);
  const plane = new Float32Array(out.length);
  const counts = slab.projection === 'mean' ? new Uint16Array(out.length) : null;
  out.fill(Number.NaN);
  for (let n = 0; n < slab.planes; n++) {
    const off = n - (slab.planes - 1) / 2;
    const from: Point3 = [start[0] + way[0] * off, start[1] + way[1] * off, start[2] + way[2] * off];
    walk(frames, volume.size, from, right, down, cut, plane, put);
    combine(plane, out, slab.projection, counts);
  }
  if (counts) for (let n = 0; n < out.length; n++) out[n]! /= counts[n]!;
}

function combine(
  plane: Float32Array,
  out: Float32Array,
  projection: Projection,
  counts: Uint16Array | null,
): void {
  for (let n = 0; n < out.length; n++) {
    const value = plane[n]!;
    if (Number.isNaN(value)) continue;
    const before = out[n]!;
    if (counts) {
      out[n] = counts[n]! ? before + value : value;
      counts[n]!++;
    } else if (Number.isNaN(before) || (projection === 'max' ? value > before : value < before))
      out[n] = value;
  }
}

type Put = (
  frames: readonly (Values | undefined)[],
  size: Point3,
  at: Point3,
  step: Point3,
  out: Float32Array,
  first: number,
  count: number,
) => void;

function walk(
  frames: readonly (Values | undefined)[],
  size: Point3,
  start: Point3,
  right: Point3,
  down: Point3,
  { width, height }: Cut,
  out: Float32Array,
  put: Put,
): void {
  out.fill(Number.NaN);
  for (let y = 0; y < height; y++) {
    const row: Point3 = [start[0] + down[0] * y, start[1] + down[1] * y, start[2] + down[2] * y];
    const [from, to] = inside(row, right, size, width);
    if (to < from) continue;
    const at: Point3 = [row[0] + right[0] * from, row[1] + right[1] * from, row[2] + right[2] * from];
    put(frames, size, at, right, out, y * width + from, to - from + 1);
  }
}

/** First and last pixel of a row that lie in the volume, its outer half voxels included. */
export function inside(row: Point3, step: Point3, size: Point3, width: number): [number, number] {
  let [from, to] = [0, width - 1];
  for (let axis = 0; axis < 3; axis++) {
    const [at, by] = [row[axis]!, step[axis]!];
    const [least, most] = [-0.5, size[axis]! - 0.5];
    if (Math.abs(by) < 1e-9) {
      if (at < least || at > most) return [0, -1];
      continue;
    }
    const [a, b] = [(least - at) / by, (most - at) / by];
    from = Math.max(from, Math.ceil(Math.min(a, b)));
    to = Math.min(to, Math.floor(Math.max(a, b)));
  }
  return [from, to];
}

const put: Put = (frames, [ni, nj, nk], [i, j, k], [di, dj, dk], out, first, count) => {
  const [lastI, lastJ, lastK] = [ni - 1, nj - 1, nk - 1];
  for (let n = first; n < first + count; n++, i += di, j += dj, k += dk) {
    const x = i < 0 ? 0 : i > lastI ? lastI : i;
    const y = j < 0 ? 0 : j > lastJ ? lastJ : j;
    const z = k < 0 ? 0 : k > lastK ? lastK : k;
    const [x0, y0, z0] = [x | 0, y | 0, z | 0];
    const below = frames[z0];
    const above = frames[z0 < lastK ? z0 + 1 : z0];
    if (!below || !above) continue;
    const a = y0 * ni + x0;
    const b = y0 < lastJ ? a + ni : a;
    const r = x0 < lastI ? 1 : 0;
    const [fx, fy, fz] = [x - x0, y - y0, z - z0];
    const low = mix(mix(below[a]!, below[a + r]!, fx), mix(below[b]!, below[b + r]!, fx), fy);
    // On a slice the next one is not asked.
    if (fz < 1e-6) {
      out[n] = low;
      continue;
    }
    const high = mix(mix(above[a]!, above[a + r]!, fx), mix(above[b]!, above[b + r]!, fx), fy);
    out[n] = low + (high - low) * fz;
  }
};

const mix = (a: number, b: number, share: number): number => a + (b - a) * share;
