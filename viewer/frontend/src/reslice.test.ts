import { describe, expect, it } from 'vitest';
import type { FrameStream } from './frames';
import type { Direction } from './geometry';
import type { Point3, Series } from './payload';
import { inside, reslice } from './reslice';
import { Volume } from './volume';

const SIZE: Point3 = [9, 8, 7];
const [C, S] = [Math.cos(0.4), Math.sin(0.4)];

/** A volume whose value is a straight function of the patient position: trilinear sampling must give it exactly. */
const truth = ([x, y, z]: Point3): number => 3 * x - 2 * y + 5 * z + 7;

function tilted(missing = -1): Volume {
  const [columns, rows, frames] = SIZE;
  const orientation = [1, 0, 0, 0, C, S];
  // Slices go along z although the table is tilted: the grid is sheared.
  const positions = Array.from({ length: frames }, (_, k): Point3 => [-4, 10, 20 + 2.5 * k]);
  const spacing = [1.5, 0.75] as const;
  const series = {
    columns,
    rows,
    frames,
    orientation,
    positions,
    spacing,
    label: 'tilted',
  } as unknown as Series;
  const values = positions.map((origin) =>
    Float32Array.from({ length: rows * columns }, (_, n) => {
      const [i, j] = [n % columns, Math.floor(n / columns)];
      return truth([origin[0] + 0.75 * i, origin[1] + 1.5 * j * C, origin[2] + 1.5 * j * S]);
    }),
  );
  const stream = { peek: (k: number) => (k === missing ? undefined : values[k]), complete: missing < 0 };
  return new Volume(series, stream as unknown as FrameStream);
}

const cut = (origin: Point3, right: Direction, down: Direction, width: number, height: number) => ({
  origin,
  right,
  down,
  width,
  height,
});

describe('a volume', () => {
  it('turns indices into positions and back, also when its slices are sheared', () => {
    const volume = tilted();
    const point = volume.toPatient([3.25, 4.5, 2]);
    expect(point[1]).toBeCloseTo(10 + 4.5 * 1.5 * C);
    expect(point[2]).toBeCloseTo(25 + 4.5 * 1.5 * S);
    volume.toIndex(point).forEach((index, axis) => {
      expect(index).toBeCloseTo([3.25, 4.5, 2][axis]!);
    });
  });

  it('gives the value between voxels, and none outside', () => {
    const volume = tilted();
    const point = volume.toPatient([2.3, 3.7, 4.1]);
    expect(volume.sample(point)).toBeCloseTo(truth(point), 3);
    expect(volume.sample(volume.toPatient([-0.6, 3, 3]))).toBeNull();
    expect(volume.sample(volume.toPatient([-0.4, 3, 3]))).not.toBeNull();
  });
});

describe('a cut', () => {
  it('has the value of each of its points in an oblique plane', () => {
    const volume = tilted();
    const centre = volume.centre;
    const right: Direction = [0.3, 0.1, 0.2];
    const down: Direction = [-0.1, 0.25, 0.15];
    const out = new Float32Array(5 * 4);
    reslice(volume, cut(centre, right, down, 5, 4), null, out);
    out.forEach((value, n) => {
      const [x, y] = [n % 5, Math.floor(n / 5)];
      const point = [0, 1, 2].map((k) => centre[k]! + right[k]! * x + down[k]! * y) as unknown as Point3;
      expect(value).toBeCloseTo(truth(point), 3);
    });
  });

  it('takes the most, the least and the mean of a slab, planes beyond the volume left out', () => {
    const volume = tilted();
    const centre = volume.centre;
    const find = (projection: 'max' | 'min' | 'mean', planes: number): number => {
      const out = new Float32Array(1);
      reslice(volume, cut(centre, [1, 0, 0], [0, 1, 0], 1, 1), { projection, planes, way: [0, 0, 1] }, out);
      return out[0]!;
    };
    // Five planes a millimetre apart: the value grows by 5 for each.
    expect(find('max', 5)).toBeCloseTo(truth(centre) + 10, 3);
    expect(find('min', 5)).toBeCloseTo(truth(centre) - 10, 3);
    expect(find('mean', 5)).toBeCloseTo(truth(centre), 3);
    expect(Number.isFinite(find('mean', 201))).toBe(true);
  });

  it('is empty where the volume is not, and where a frame has not arrived', () => {
    const out = new Float32Array(1);
    reslice(tilted(), cut([500, 0, 0], [1, 0, 0], [0, 1, 0], 1, 1), null, out);
    expect(out[0]).toBeNaN();
    const volume = tilted(3);
    reslice(volume, cut(volume.toPatient([4, 4, 3]), [1, 0, 0], [0, 1, 0], 1, 1), null, out);
    expect(out[0]).toBeNaN();
  });

  it('walks only the part of a row that lies in the volume', () => {
    expect(inside([-10, 2, 2], [1, 0, 0], SIZE, 100)).toEqual([10, 18]);
    expect(inside([20, 2, 2], [-1, 0, 0], SIZE, 100)).toEqual([12, 20]);
    expect(inside([2, -3, 2], [1, 0, 0], SIZE, 100)[1]).toBeLessThan(0);
  });
});
