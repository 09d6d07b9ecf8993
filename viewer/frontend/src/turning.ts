/** The maximum of a volume seen from all sides, turning about the patient's long axis: the PET overview. */
import { CanvasPane, type Extent } from './canvaspane';
import { paintGrey } from './colour';
import type { FrameStream } from './frames';
import { type Direction, dot } from './geometry';
import type { Content, Pane } from './pane';
import type { Point2, Point3, Series } from './payload';
import { greys } from './planes';
import { reslice } from './reslice';
import { type Affine, along, fromCanvas, type Sheet } from './sheet';
import { Volume } from './volume';

/** Views of a whole turn. */
const VIEWS = 36;
/** Pixels across a view at most. */
const FINEST = 200;

export class TurningPane extends CanvasPane implements Pane {
  readonly content: Content;
  readonly frames = VIEWS;
  readonly #volume: Volume;
  readonly #views = new Map<number, Float32Array>();
  readonly #step: number;
  readonly #radius: number;
  #frame = 0;
  #arrivals = 0;

  constructor(element: HTMLDivElement, content: Content, series: Series, stream: FrameStream) {
    super(element, series);
    this.content = content;
    this.#volume = new Volume(series, stream);
    const corners = this.#volume.corners;
    const { centre } = this.#volume;
    this.#radius = Math.max(...corners.map(([x, y]) => Math.hypot(x - centre[0], y - centre[1])));
    const own = (
      [
        [1, 0, 0],
        [0, 1, 0],
      ] as Direction[]
    ).map((way) => this.#volume.spacingAlong(way));
    this.#step = Math.max(...own, (2 * this.#radius) / FINEST);
  }

  async open(): Promise<void> {
    this.paint();
  }

  get title(): string {
    return `${this.series.label}\nturning MIP`;
  }

  get whereabouts(): string {
    return this.#volume.arrival;
  }

  get whole(): boolean {
    return this.#volume.whole;
  }

  get frame(): number {
    return this.#frame;
  }

  set frame(frame: number) {
    this.#frame = frame;
    this.schedule();
  }

  /** Every view is another projection: nothing is drawn on it, and no position in the patient is told. */
  get sheet(): Sheet {
    const { u } = this.#directions;
    return {
      toCanvas: this.affine,
      place: null,
      axes: { row: u, column: [0, 0, -1] },
      scale: [1, 1],
      extent: this.extent,
      reach: 0,
    };
  }

  get grain(): Point2 {
    return [this.#step, this.#step];
  }

  arrived(): void {
    this.#arrivals ||= window.setTimeout(() => {
      this.#arrivals = 0;
      this.#views.clear();
      this.schedule();
    }, 250);
  }

  override destroy(): void {
    clearTimeout(this.#arrivals);
    super.destroy();
  }

  frameAt(): null {
    return null;
  }

  probe(): null {
    return null;
  }

  value(): null {
    return null;
  }

  /** The place with the highest value on the ray through a canvas point. */
  pick(canvasPoint: Point2): Point3 | null {
    const [u, v] = fromCanvas(this.affine, canvasPoint);
    const { u: right, n } = this.#directions;
    const middle: Point3 = [this.#volume.centre[0], this.#volume.centre[1], -v];
    const start = along(along(middle, right, u), n, -this.#radius);
    let best: { value: number; point: Point3 } | null = null;
    for (let mm = 0; mm <= 2 * this.#radius; mm += this.#step / 2) {
      const point = along(start, n, mm);
      const value = this.#volume.sample(point);
      if (value !== null && (!best || value > best.value)) best = { value, point };
    }
    return best?.point ?? null;
  }

  protected get extent(): Extent {
    const depths = this.#volume.corners.map((corner) => dot(corner, [0, 0, -1]));
    return [-this.#radius, this.#radius, Math.min(...depths), Math.max(...depths)];
  }

  /** The view at the volume's own resolution; the canvas enlarges it. */
  protected picture(width: number, height: number, toCanvas: Affine): ImageData {
    const [w, h] = this.#grid;
    const values = this.#view(w, h);
    const small = new ImageData(w, h);
    paintGrey(values, greys(this.series, this.window, this.inverted), new Uint32Array(small.data.buffer));
    const [a, b, c, d, e, f] = toCanvas;
    const [u0, , v0] = this.extent;
    const step = this.#step;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    context.setTransform(a * step, b * step, c * step, d * step, a * u0 + c * v0 + e, b * u0 + d * v0 + f);
    const source = new OffscreenCanvas(w, h);
    source.getContext('2d')!.putImageData(small, 0, 0);
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, width, height);
  }

  get #grid(): Point2 {
    const [u0, u1, v0, v1] = this.extent;
    return [Math.ceil((u1 - u0) / this.#step), Math.ceil((v1 - v0) / this.#step)];
  }

  #view(width: number, height: number): Float32Array {
    const known = this.#views.get(this.#frame);
    if (known) return known;
    const values = new Float32Array(width * height);
    const { u, n } = this.#directions;
    const step = this.#step;
    const [u0, , v0] = this.extent;
    const { centre } = this.#volume;
    const corner: Point3 = [centre[0], centre[1], -(v0 + step / 2)];
    const cut = {
      origin: along(corner, u, u0 + step / 2),
      right: scaled(u, step),
      down: [0, 0, -step] as const,
      width,
      height,
    };
    const planes = Math.ceil((2 * this.#radius) / step);
    reslice(this.#volume, cut, { projection: 'max', planes, way: scaled(n, step) }, values);
    if (this.whole) this.#views.set(this.#frame, values);
    return values;
  }

  /** To the right on the screen, and away from the reader; at first the reader looks from the front. */
  get #directions(): { u: Direction; n: Direction } {
    const angle = (2 * Math.PI * this.#frame) / VIEWS;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return { u: [cos, sin, 0], n: [-sin, cos, 0] };
  }
}

const scaled = (way: Direction, by: number): Direction => [way[0] * by, way[1] * by, way[2] * by];
