import { expect, test } from 'vitest';
import { greyTable } from './picture';

const level = (table: ReturnType<typeof greyTable>, value: number): number =>
  table.greys[Math.round((value - table.first) * table.perUnit)]! & 255;

test('integers beyond a window are black and white, those within linear', () => {
  const table = greyTable({ lower: -160, upper: 240 }, false, 'int16');
  expect([-32768, -160, 40, 240, 32767].map((value) => level(table, value))).toEqual([0, 0, 128, 255, 255]);
});

test('an inverted table is the other way round', () => {
  const table = greyTable({ lower: 0, upper: 255 }, true, 'uint8');
  expect([0, 100, 255].map((value) => level(table, value))).toEqual([255, 155, 0]);
});

test('fractions are shown within half a grey level', () => {
  const table = greyTable({ lower: 0, upper: 7 }, false, 'float32');
  for (const value of [0, 0.01, 2.5, 4.2, 7]) {
    expect(Math.abs(level(table, value) - (255 * value) / 7)).toBeLessThan(0.6);
  }
});

test('a curve stands in place of the line, and is turned over as a whole', () => {
  const range = { lower: 9, upper: 11 };
  for (const [inverted, wanted] of [
    [false, [0, 0, 51, 255, 255]],
    [true, [255, 255, 204, 0, 0]],
  ] as const) {
    const table = greyTable(range, inverted, 'int16', [0, 0.2, 1]);
    expect([-5, 9, 10, 11, 900].map((value) => level(table, value))).toEqual(wanted);
  }
});

test('a window of no width has a step and no fault', () => {
  const table = greyTable({ lower: 10, upper: 10 }, false, 'uint16');
  expect(level(table, 9)).toBe(0);
  expect(level(table, 11)).toBe(255);
});
