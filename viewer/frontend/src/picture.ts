/**
 * Values drawn grey on a canvas that has a pixel for each of the image's, or for each block of them when the
 * image is shown much smaller than it is. Where the canvas stands on the screen is not its business: the browser
 * scales, turns and moves it, so that panning and zooming draw nothing.
 *
 * Measured in software rendering against a canvas of the viewport's size: twice the wheel ticks painted, in half
 * the time of the graphics process (ARCHITECTURE.md, Decisions).
 */
import type { Values } from './frames';

/** Colours are packed as a canvas in a little-endian machine keeps them: alpha, blue, green, red. */
const OPAQUE = 0xff000000;
const FLOAT_STEPS = 4096;

/** From a value to its grey, packed: values from `first` on in steps of 1 / `perUnit`; what lies beyond takes the ends. */
export type GreyTable = {
  readonly first: number;
  readonly perUnit: number;
  readonly greys: Uint32Array;
};

/** Black at and below `lower`, white at and above `upper`, linear between. PS3.3 C.11.2.1.2.1. */
export type Range = { readonly lower: number; readonly upper: number };

/**
 * Tabulates a window for values of this kind: each integer that can occur, or fine steps for float values.
 * `curve` bends it: shares of white, 0 to 1, evenly spaced over the range.
 */
export function greyTable(
  { lower, upper }: Range,
  inverted: boolean,
  dtype: string,
  curve: readonly number[] | null = null,
): GreyTable {
  const span = Math.max(upper - lower, Number.MIN_VALUE);
  const [first, perUnit, length] =
    dtype === 'float32'
      ? [lower, FLOAT_STEPS / span, FLOAT_STEPS + 1]
      : [dtype === 'int16' ? -32768 : 0, 1, dtype === 'uint8' ? 256 : 65536];
  const greys = new Uint32Array(length);
  for (let k = 0; k < length; k++) {
    const share = Math.min(1, Math.max(0, (first + k / perUnit - lower) / span));
    const bent = curve ? along(curve, share) : share;
    const level = Math.round(255 * (inverted ? 1 - bent : bent));
    greys[k] = OPAQUE | (level << 16) | (level << 8) | level;
  }
  return { first, perUnit, greys };
}

function along(curve: readonly number[], share: number): number {
  const at = share * (curve.length - 1);
  const [below, above] = [curve[Math.floor(at)]!, curve[Math.ceil(at)]!];
  return below + (above - below) * (at % 1);
}

export class Picture {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #columns: number;
  readonly #rows: number;
  readonly #samples: 1 | 3;
  #block = 0;
  #image!: ImageData;
  #pixels!: Uint32Array;

  constructor(columns: number, rows: number, samples: 1 | 3) {
    this.#columns = columns;
    this.#rows = rows;
    this.#samples = samples;
    this.#context = this.canvas.getContext('2d', { alpha: false })!;
    this.block = 1;
  }

  /** Image pixels along each side of what becomes one pixel of the canvas. */
  get block(): number {
    return this.#block;
  }

  /** Another block size needs another drawing. */
  set block(block: number) {
    if (block === this.#block) return;
    this.#block = block;
    this.canvas.width = Math.ceil(this.#columns / block);
    this.canvas.height = Math.ceil(this.#rows / block);
    this.#image = this.#context.createImageData(this.canvas.width, this.canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }

  /** Draws (rows × columns × samples) values. */
  draw(values: Values, table: GreyTable): void {
    const levels = this.#samples === 1 ? greys(values, table) : colours(values, table);
    if (this.#block > 1) this.#average(levels);
    else this.#pixels.set(levels);
    this.#context.putImageData(this.#image, 0, 0);
  }

  /** The mean colour of each block, so that nothing thinner than a pixel of the screen is lost or flickers. */
  #average(levels: Uint32Array): void {
    const [columns, rows, block, { width }] = [this.#columns, this.#rows, this.#block, this.canvas];
    for (let at = 0; at < this.#pixels.length; at++) {
      const [left, top] = [(at % width) * block, Math.floor(at / width) * block];
      const [right, bottom] = [Math.min(left + block, columns), Math.min(top + block, rows)];
      let [red, green, blue] = [0, 0, 0];
      for (let row = top; row < bottom; row++) {
        for (let k = row * columns + left; k < row * columns + right; k++) {
          const level = levels[k]!;
          red += level & 255;
          green += (level >> 8) & 255;
          blue += (level >> 16) & 255;
        }
      }
      const count = (right - left) * (bottom - top);
      const mean = (sum: number) => Math.round(sum / count);
      this.#pixels[at] = OPAQUE | (mean(blue) << 16) | (mean(green) << 8) | mean(red);
    }
  }
}

/** Packed greys of values; kept between drawings, since one picture is drawn at a time. */
let scratch = new Uint32Array(0);

function room(length: number): Uint32Array {
  if (scratch.length < length) scratch = new Uint32Array(length);
  return scratch.subarray(0, length);
}

function greys(values: Values, { first, perUnit, greys: table }: GreyTable): Uint32Array {
  const levels = room(values.length);
  const last = table.length - 1;
  if (perUnit === 1) for (let k = 0; k < levels.length; k++) levels[k] = table[values[k]! - first]!;
  else {
    for (let k = 0; k < levels.length; k++) {
      const step = Math.round((values[k]! - first) * perUnit);
      levels[k] = table[step > 0 ? Math.min(step, last) : 0]!;
    }
  }
  return levels;
}

function colours(values: Values, { first, greys: table }: GreyTable): Uint32Array {
  const levels = room(values.length / 3);
  const level = (value: number): number => table[value - first]! & 255;
  for (let k = 0, at = 0; k < levels.length; k++, at += 3) {
    levels[k] = OPAQUE | (level(values[at + 2]!) << 16) | (level(values[at + 1]!) << 8) | level(values[at]!);
  }
  return levels;
}
