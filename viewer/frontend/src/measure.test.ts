import { describe, expect, it } from 'vitest';
import {
  amount,
  angleAt,
  areaOf,
  cobbAngle,
  distance,
  ellipseArea,
  ellipsePolygon,
  metric,
  statisticsOf,
  within,
} from './measure';
import type { Point2 } from './payload';
import type { Sheet } from './sheet';

const sheet = { scale: [0.5, 2] } as unknown as Sheet;
const unscaled = { scale: null } as unknown as Sheet;

describe('measures', () => {
  it('takes lengths in mm from spacings that differ, and in pixels without a scale', () => {
    // Six columns of 0.5 mm and two rows of 2 mm: 3, 4, 5.
    expect(distance(metric(sheet, [0, 0]), metric(sheet, [6, 2]))).toBeCloseTo(5);
    expect(distance(metric(unscaled, [0, 0]), metric(unscaled, [6, 8]))).toBeCloseTo(10);
  });

  it('takes an angle at its vertex', () => {
    expect(angleAt([0, 0], [3, 0], [0, 2])).toBeCloseTo(90);
    expect(angleAt([1, 1, 1], [2, 1, 1], [0, 1, 1])).toBeCloseTo(180);
  });

  it('gives the same Cobb angle whichever way its lines were drawn', () => {
    const tilted: Point2 = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)];
    expect(cobbAngle([0, 0], [1, 0], [0, 0], tilted)).toBeCloseTo(20);
    expect(cobbAngle([1, 0], [0, 0], [0, 0], tilted)).toBeCloseTo(20);
  });

  it('knows the area of a triangle and of an ellipse', () => {
    expect(
      areaOf([
        [0, 0],
        [4, 0],
        [0, 3],
      ] as Point2[]),
    ).toBeCloseTo(6);
    const ends: Point2[] = [
      [-3, 0],
      [3, 0],
      [0, -2],
      [0, 2],
    ];
    expect(ellipseArea(ends)).toBeCloseTo(Math.PI * 6);
    expect(areaOf(ellipsePolygon(ends, 720))).toBeCloseTo(Math.PI * 6, 2);
  });

  it('tells inside from outside of a polygon that is not convex', () => {
    const arrow: Point2[] = [
      [0, 0],
      [4, 4],
      [0, 8],
      [2, 4],
    ];
    expect(within(arrow, [3, 4])).toBe(true);
    expect(within(arrow, [1, 4])).toBe(false);
  });

  it('takes mean, deviation and extremes of the pixels whose centres lie inside', () => {
    const square: Point2[] = [
      [-0.5, -0.5],
      [1.5, -0.5],
      [1.5, 1.5],
      [-0.5, 1.5],
    ];
    const values = [
      [1, 2],
      [3, 6],
    ];
    const found = statisticsOf(sheet, square, [1, 1], ([u, v]) => values[v]![u]!, 4);
    expect(found).toMatchObject({ pixels: 4, mean: 3, min: 1, max: 6, area: 4, areaUnit: 'mm²' });
    expect(found.sd).toBeCloseTo(Math.sqrt((4 + 1 + 0 + 9) / 4));
  });

  it('gives a region of colour its area only', () => {
    const square: Point2[] = [
      [-0.5, -0.5],
      [1.5, -0.5],
      [1.5, 1.5],
      [-0.5, 1.5],
    ];
    expect(statisticsOf(unscaled, square, [1, 1], () => null, 4)).toMatchObject({
      mean: null,
      areaUnit: 'px²',
    });
  });

  it('writes HU whole and SUV with two decimals', () => {
    expect(amount({ unit: 'HU' }, -812.6)).toBe('-813');
    expect(amount({ unit: 'SUVbw' }, 7.987)).toBe('7.99');
    expect(amount({ unit: '' }, 12.345)).toBe('12.3');
  });
});
