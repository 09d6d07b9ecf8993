import { expect, test } from 'vitest';
import { imageAxes, letters, placeOf, scaleBarLength, slicePosition, toImage } from './geometry';
import type { Point3, Series } from './payload';
import { framePlace, lift } from './sheet';

const axial: Series = {
  id: 'ct',
  label: 'Axial',
  modality: 'CT',
  bodyPart: 'chest',
  rows: 4,
  columns: 6,
  frames: 3,
  dtype: 'int16',
  samples: 1,
  photometric: 'MONOCHROME2',
  unit: 'HU',
  orientation: [1, 0, 0, 0, 1, 0],
  positions: [
    [-10, -20, 0],
    [-10, -20, 2.5],
    [-10, -20, 5],
  ],
  spacing: [0.5, 0.25],
  frameOfReference: 'f',
  spacingSource: 'patient',
  thickness: 2.5,
  patientOrientation: null,
  frameTimeMs: null,
  shutter: null,
  scale: 1,
  inverted: false,
  startFrame: 0,
  window: { name: '', center: 40, width: 400 },
  presets: [],
  mpr: null,
  notes: [],
  url: '',
  packed: false,
};

const projection: Series = { ...axial, orientation: null, positions: null, patientOrientation: ['L', 'F'] };

test('a column steps by the spacing between columns, a row by that between rows', () => {
  expect(lift(framePlace(axial, 1)!, [4, 2])).toEqual([-9, -19, 2.5]);
});

test('a patient point lies on the nearest frame, at the point it came from', () => {
  const place = toImage(axial, [-9, -19, 3.2]);
  expect(place?.frame).toBe(1);
  expect(place?.point[0]).toBeCloseTo(4);
  expect(place?.point[1]).toBeCloseTo(2);
});

test('an oblique mark comes back to where it was placed', () => {
  const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
  const normal: Point3 = [0, -s, c];
  const positions = [0, 1, 2].map((k) => normal.map((n) => n * 3 * k) as unknown as Point3);
  const oblique: Series = { ...axial, orientation: [1, 0, 0, 0, c, s], positions };
  const place = toImage(oblique, lift(framePlace(oblique, 2)!, [3.3, 1.7]));
  expect(place?.frame).toBe(2);
  expect(place?.point[0]).toBeCloseTo(3.3);
  expect(place?.point[1]).toBeCloseTo(1.7);
});

test('a mark on a projection stays on its frame, in pixels', () => {
  expect(framePlace(projection, 0)).toBeNull();
  const mark = { space: 'image', series: 'ct', frame: 0, point: [1.5, 2] } as const;
  expect(placeOf(projection, mark)).toEqual({ frame: 0, point: [1.5, 2] });
});

test('directions are named by one letter when straight and by two when oblique', () => {
  expect(letters([1, 0, 0])).toBe('L');
  expect(letters([-0.99, 0.05, 0])).toBe('R');
  expect(letters([0, 0.8, -0.6])).toBe('PF');
  expect(letters([0, 0, 0])).toBe('');
});

test('a projection takes its directions from Patient Orientation, and none from nonsense', () => {
  expect(imageAxes(projection)).toEqual({ row: [1, 0, 0], column: [0, 0, -1] });
  expect(imageAxes({ ...projection, patientOrientation: ['X', 'F'] })).toBeNull();
  expect(imageAxes({ ...projection, patientOrientation: null })).toBeNull();
});

test('the slice position names the side of the axis that the slices run along', () => {
  expect(slicePosition(axial, 2)).toBe('H 5.0 mm');
  expect(slicePosition({ ...axial, positions: [[0, 0, -7.26]] }, 0)).toBe('F 7.3 mm');
  expect(slicePosition(projection, 0)).toBe('');
});

test('a scale bar is one, two or five times a power of ten', () => {
  expect([0.7, 9, 21, 49, 51].map(scaleBarLength)).toEqual([0.5, 5, 20, 20, 50]);
});
