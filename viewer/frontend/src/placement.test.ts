import { expect, test } from 'vitest';
import { Placement } from './placement';
import { toCanvas } from './sheet';

function placed(columns = 100, rows = 50, spacing: readonly [number, number] | null = null): Placement {
  const placement = new Placement(columns, rows, spacing);
  placement.box = [400, 400];
  return placement;
}

const at = (placement: Placement, u: number, v: number) =>
  toCanvas(placement.toCanvas, [u, v]).map((value) => Math.round(value * 1e6) / 1e6);

test('an image is fitted in and centred, its outer edges on the viewport', () => {
  const placement = placed();
  expect(at(placement, -0.5, -0.5)).toEqual([0, 100]);
  expect(at(placement, 99.5, 49.5)).toEqual([400, 300]);
});

test('pixels that are taller than wide are shown so', () => {
  const placement = placed(100, 50, [2, 1]);
  expect(at(placement, -0.5, -0.5)).toEqual([0, 0]);
  expect(at(placement, 99.5, 49.5)).toEqual([400, 400]);
});

test('a quarter turn is clockwise and fits again, also when mirrored', () => {
  const placement = placed();
  placement.rotate();
  expect(at(placement, -0.5, -0.5)).toEqual([300, 0]);
  expect(at(placement, -0.5, 49.5)).toEqual([100, 0]);
  placement.reset();
  placement.flip(0);
  expect(at(placement, -0.5, -0.5)).toEqual([400, 100]);
  placement.rotate();
  // The corner that stood at the top right stands at the bottom right.
  expect(at(placement, -0.5, -0.5)).toEqual([300, 400]);
});

test('zooming keeps what lies under the pointer, within bounds', () => {
  const placement = placed();
  const before = at(placement, 20, 10) as [number, number];
  placement.zoomBy(3, before);
  expect(at(placement, 20, 10)).toEqual(before);
  placement.zoomBy(1000, before);
  expect(placement.zoom).toBe(40);
  expect(at(placement, 20, 10)).toEqual(before);
});

test('a panned image keeps its place when the viewport is resized', () => {
  const placement = placed();
  placement.pan(40, 0);
  placement.box = [200, 200];
  expect(at(placement, -0.5, -0.5)).toEqual([20, 50]);
});

test('the style moves the corner of the first pixel, not its centre', () => {
  const placement = placed();
  expect(placement.style(1)).toBe('matrix(4,0,0,4,0,100)');
  expect(placement.style(2)).toBe('matrix(8,0,0,8,0,100)');
});
