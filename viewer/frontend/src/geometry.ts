/** Between image indices (column, row on a frame) and the patient (LPS, mm). PS3.3 C.7.6.2.1.1. */
import type { Mark, Point2, Point3, Series } from './payload';

export type Direction = readonly [number, number, number];

const LETTERS: readonly (readonly [string, string])[] = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
];

/** Unit directions of a row and of a column in the patient, or null when the file does not tell. */
export function imageAxes(series: Series): { row: Direction; column: Direction } | null {
  const { orientation: o, patientOrientation: p } = series;
  if (o && o.length === 6) return { row: [o[0]!, o[1]!, o[2]!], column: [o[3]!, o[4]!, o[5]!] };
  const row = p && parseLetters(p[0]);
  const column = p && parseLetters(p[1]);
  return row && column ? { row, column } : null;
}

/** Patient Orientation letters ("L", "PH", …) as a direction; PS3.3 C.7.6.1.1.1. */
function parseLetters(text: string): Direction | null {
  const v: [number, number, number] = [0, 0, 0];
  let weight = 1;
  for (const letter of text) {
    const axis = LETTERS.findIndex((pair) => pair.includes(letter));
    if (axis < 0) return null;
    v[axis] = LETTERS[axis]![0] === letter ? weight : -weight;
    weight /= 2;
  }
  return text ? v : null;
}

/** Letters of a patient direction: one when straight, two when oblique. */
export function letters(direction: Direction): string {
  const length = Math.hypot(...direction);
  if (length === 0) return '';
  return direction
    .map((value, axis) => ({ share: Math.abs(value) / length, letter: LETTERS[axis]![value > 0 ? 0 : 1] }))
    .filter(({ share }) => share > 0.25)
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('');
}

/** The frame nearest to a patient position, and where on it. */
export function toImage(series: Series, point: Point3): { frame: number; point: Point2 } | null {
  const { orientation: o, positions, spacing } = series;
  if (!o || !positions?.length || !spacing) return null;
  const row: Direction = [o[0]!, o[1]!, o[2]!];
  const column: Direction = [o[3]!, o[4]!, o[5]!];
  const normal = cross(row, column);
  const depth = dot(normal, point);
  let frame = 0;
  let nearest = Number.POSITIVE_INFINITY;
  positions.forEach((position, k) => {
    const distance = Math.abs(dot(normal, position) - depth);
    if (distance < nearest) [nearest, frame] = [distance, k];
  });
  const origin = positions[frame]!;
  const offset: Point3 = [point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]];
  return { frame, point: [dot(row, offset) / spacing[1], dot(column, offset) / spacing[0]] };
}

/** The distance between neighbouring frames along their normal in mm, else the thickness; 0 when unknown. */
export function stepOf({ orientation: o, positions, thickness }: Series): number {
  const [first, last] = [positions?.[0], positions?.at(-1)];
  if (!o || !first || !last || !positions || positions.length < 2) return thickness ?? 0;
  const normal = cross([o[0]!, o[1]!, o[2]!], [o[3]!, o[4]!, o[5]!]);
  return Math.abs(dot(normal, last) - dot(normal, first)) / (positions.length - 1);
}

/** Where a mark lies on the frames of its series. */
export function placeOf(series: Series, mark: Mark): { frame: number; point: Point2 } | null {
  return mark.space === 'patient' ? toImage(series, mark.point) : { frame: mark.frame, point: mark.point };
}

/** Length of a scale bar in mm (1, 2 or 5 times a power of ten) no longer than `longest`. */
export function scaleBarLength(longest: number): number {
  const power = 10 ** Math.floor(Math.log10(longest));
  return ([5, 2, 1].find((step) => step * power <= longest) ?? 1) * power;
}

/** The slice position along the patient axis nearest to the normal, as "S 115.0" style text. */
export function slicePosition(series: Series, frame: number): string {
  const { orientation: o, positions } = series;
  const position = positions?.[frame];
  if (!o || !position) return '';
  const normal = cross([o[0]!, o[1]!, o[2]!], [o[3]!, o[4]!, o[5]!]);
  const axis = [0, 1, 2].reduce((best, k) => (Math.abs(normal[k]!) > Math.abs(normal[best]!) ? k : best), 0);
  const value = position[axis]!;
  return `${LETTERS[axis]![value >= 0 ? 0 : 1]} ${Math.abs(value).toFixed(1)} mm`;
}

export const dot = (a: Direction, b: Direction): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const cross = (a: Direction, b: Direction): Direction => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
