/**
 * Where an image lies in its viewport: fitted, then zoomed, turned, mirrored and moved by the reader.
 *
 * Flips are those of the screen, after the rotation. Zoom 1 fits the whole image in; a pan is kept in units of
 * that fit, so it stays with the image when the viewport changes its size.
 */
import type { Point2 } from './payload';
import type { Affine } from './sheet';

const MOST = 40;
const LEAST = 0.2;

export class Placement {
  rotation = 0;
  flips: [horizontal: boolean, vertical: boolean] = [false, false];
  zoom = 1;
  readonly #columns: number;
  readonly #rows: number;
  /** Size of a pixel, in mm or relative: only its shape counts. */
  readonly #pixel: Point2;
  #box: Point2 = [1, 1];
  #pan: Point2 = [0, 0];

  /** `spacing` is the distance between rows, then between columns; null draws square pixels. */
  constructor(columns: number, rows: number, spacing: Point2 | null) {
    this.#columns = columns;
    this.#rows = rows;
    this.#pixel = spacing ? [spacing[1], spacing[0]] : [1, 1];
  }

  /** Tells how large the viewport is, in CSS pixels. */
  set box(size: Point2) {
    if (size[0] > 0 && size[1] > 0) this.#box = size;
  }

  /** Turns by a quarter clockwise on the screen, also what is mirrored. */
  rotate(): void {
    const mirrored = this.flips[0] !== this.flips[1];
    this.rotation = (this.rotation + (mirrored ? 270 : 90)) % 360;
  }

  flip(axis: 0 | 1): void {
    this.flips[axis] = !this.flips[axis];
  }

  pan(dx: number, dy: number): void {
    const fit = this.#fit;
    this.#pan = [this.#pan[0] + dx / fit, this.#pan[1] + dy / fit];
  }

  /** Zooms so that what lies under `at` stays there. */
  zoomBy(factor: number, [x, y]: Point2): void {
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    const grown = zoom / this.zoom;
    const [e, f] = this.#centre;
    this.zoom = zoom;
    this.pan((x - e) * (1 - grown), (y - f) * (1 - grown));
  }

  reset(): void {
    this.rotation = 0;
    this.flips = [false, false];
    this.zoom = 1;
    this.#pan = [0, 0];
  }

  /** Pixel centres have whole coordinates. */
  get toCanvas(): Affine {
    const scale = this.#fit * this.zoom;
    const angle = (this.rotation * Math.PI) / 180;
    const [cos, sin] = [Math.round(Math.cos(angle)), Math.round(Math.sin(angle))];
    const [right, down] = this.flips.map((flipped) => (flipped ? -scale : scale)) as [number, number];
    const [width, height] = this.#pixel;
    const [a, b] = [right * cos * width, down * sin * width];
    const [c, d] = [-right * sin * height, down * cos * height];
    const [u, v] = [(this.#columns - 1) / 2, (this.#rows - 1) / 2];
    const [x, y] = this.#centre;
    return [a, b, c, d, x - a * u - c * v, y - b * u - d * v];
  }

  /** The same for an element of the image's size at the viewport's top left corner, as CSS takes it. */
  style(block: number): string {
    const [a, b, c, d, e, f] = this.toCanvas;
    return `matrix(${[a * block, b * block, c * block, d * block, e - (a + c) / 2, f - (b + d) / 2].join(',')})`;
  }

  /** Canvas pixels for an image pixel, along the image's longer scale. */
  get scale(): number {
    return this.#fit * this.zoom * Math.max(...this.#pixel);
  }

  /** CSS pixels for one unit of pixel size when the whole image fits in. */
  get #fit(): number {
    const turned = this.rotation % 180 !== 0;
    const size = [this.#columns * this.#pixel[0], this.#rows * this.#pixel[1]];
    const [width, height] = turned ? size.reverse() : size;
    return Math.min(this.#box[0] / width!, this.#box[1] / height!);
  }

  get #centre(): Point2 {
    const fit = this.#fit;
    return [this.#box[0] / 2 + this.#pan[0] * fit, this.#box[1] / 2 + this.#pan[1] * fit];
  }
}
