/**
 * What panes that paint their own canvas share: size, schedule, zoom and turn.
 *
 * At most one painting a display frame. While the reader moves and a painting takes longer than a frame may, it is
 * painted at half the resolution, and again whole when the reader rests.
 */
import type { Point2, Series, Window } from './payload';
import { PlaneView } from './planeview';
import type { Affine } from './sheet';

const SLOW_MS = 28;
const REST_MS = 140;
/** Canvas pixels for a CSS pixel at most: finer than voxels is not sharper. */
const FINEST = 1.5;

export type Extent = readonly [number, number, number, number];

export abstract class CanvasPane {
  readonly element: HTMLDivElement;
  readonly series: Series;
  readonly canvas = document.createElement('canvas');
  onRender: () => void = () => {};
  protected readonly view = new PlaneView();
  #window: Window;
  #inverted: boolean;
  #pending = 0;
  #resting = 0;
  #slow = false;
  #moving = false;
  /** Whether what stands on the canvas was painted coarsely. */
  #coarse = false;

  constructor(element: HTMLDivElement, series: Series) {
    this.element = element;
    this.series = series;
    this.#window = series.window;
    this.#inverted = series.inverted;
    this.canvas.className = 'rv-canvas';
    element.append(this.canvas);
  }

  /** What the sheet holds, mm. */
  protected abstract get extent(): Extent;

  /** Gives the picture of the sheet for a canvas of this size; `coarse` pixels of it make one of the picture. */
  protected abstract picture(width: number, height: number, toCanvas: Affine): ImageData | null;

  get window(): Window {
    return this.#window;
  }

  set window(window: Window) {
    this.#window = window;
    this.schedule();
  }

  get inverted(): boolean {
    return this.#inverted;
  }

  set inverted(inverted: boolean) {
    this.#inverted = inverted;
    this.schedule();
  }

  get rotation(): number {
    return this.view.rotation;
  }

  get flips(): readonly [boolean, boolean] {
    return this.view.flips;
  }

  get zoom(): number {
    return this.view.zoom;
  }

  rotate(): void {
    this.view.rotate();
    this.schedule();
  }

  flip(axis: 0 | 1): void {
    this.view.flip(axis);
    this.schedule();
  }

  pan(dx: number, dy: number): void {
    this.view.pan(dx, dy);
    this.moved();
  }

  zoomBy(factor: number, at: Point2): void {
    this.view.zoomBy(factor, at, this.#size);
    this.moved();
  }

  reset(): void {
    this.view.reset();
    this.#window = this.series.window;
    this.#inverted = this.series.inverted;
    this.schedule();
  }

  resize(): void {
    this.schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.#pending);
    clearTimeout(this.#resting);
    this.canvas.remove();
  }

  protected get affine(): Affine {
    return this.view.affine(this.#size, this.extent);
  }

  /** The reader moves on: what follows soon may be painted coarsely. */
  protected moved(): void {
    this.#moving = true;
    this.element.dataset['moving'] = 'true';
    clearTimeout(this.#resting);
    this.#resting = window.setTimeout(() => {
      this.#moving = false;
      if (this.#coarse) this.paint();
      this.element.dataset['moving'] = 'false';
    }, REST_MS);
    this.schedule();
  }

  protected schedule(): void {
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0;
      this.paint();
    });
  }

  protected paint(): void {
    const [width, height] = this.#size;
    if (!width || !height) return;
    const fine = Math.min(FINEST, devicePixelRatio || 1);
    const coarse = this.#moving && this.#slow ? 2 : 1;
    const began = performance.now();
    const [w, h] = [Math.ceil((width * fine) / coarse), Math.ceil((height * fine) / coarse)];
    const [sx, sy] = [w / width, h / height];
    const [a, b, c, d, e, f] = this.affine;
    const picture = this.picture(w, h, [a * sx, b * sy, c * sx, d * sy, e * sx, f * sy]);
    if (picture) this.#put(picture);
    this.#coarse = coarse > 1;
    if (!this.#coarse) this.#slow = performance.now() - began > SLOW_MS;
    this.onRender();
  }

  /** The canvas has the picture's own size, and the page enlarges it: drawing it larger costs ten times as much. */
  #put(picture: ImageData): void {
    const { canvas } = this;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    canvas.getContext('2d', { alpha: false })!.putImageData(picture, 0, 0);
  }

  get #size(): Point2 {
    return [this.element.clientWidth, this.element.clientHeight];
  }
}
