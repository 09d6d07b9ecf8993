/** A stack of images: the frames of a series on a canvas, with the presentation a reader changes. */
import type { FrameStream } from './frames';
import { imageAxes, slicePosition, stepOf, toImage } from './geometry';
import type { Content, Pane, Probe } from './pane';
import type { Point2, Point3, Series, Window } from './payload';
import { type GreyTable, greyTable, Picture } from './picture';
import { Placement } from './placement';
import { framePlace, type Sheet } from './sheet';
import { greyCurve, valueText, voiRange } from './values';

export class StackPane implements Pane {
  readonly content: Content;
  readonly grain: Point2 = [1, 1];
  readonly series: Series;
  readonly element: HTMLDivElement;
  onRender: () => void = () => {};
  readonly #stream: FrameStream;
  readonly #picture: Picture;
  readonly #placement: Placement;
  readonly #words = document.createElement('div');
  #table: GreyTable | null = null;
  #frame: number;
  #window: Window;
  #inverted: boolean;
  #drawing = 0;

  constructor(element: HTMLDivElement, series: Series, stream: FrameStream) {
    this.content = { kind: 'stack', series: series.id };
    this.series = series;
    this.element = element;
    this.#stream = stream;
    this.#frame = series.startFrame;
    this.#window = series.window;
    this.#inverted = series.inverted;
    this.#picture = new Picture(series.columns, series.rows, series.samples);
    this.#placement = new Placement(series.columns, series.rows, series.spacing);
    this.#words.className = 'rv-fault';
    this.#words.setAttribute('role', 'status');
    element.append(this.#picture.canvas, this.#words);
  }

  /** Shows the first frame as soon as its values are here. */
  async open(): Promise<void> {
    // A frame that cannot be shown says so in its place; the others can be scrolled to.
    await this.#stream.get(this.#frame).catch(() => {});
    this.#settle();
    this.#draw();
  }

  get title(): string {
    return this.series.label;
  }

  get frames(): number {
    return this.series.frames;
  }

  get frame(): number {
    return this.#frame;
  }

  /** What was shown stays until the frame's values are here. */
  set frame(frame: number) {
    this.#frame = frame;
    this.#redraw();
  }

  get window(): Window {
    return this.#window;
  }

  set window(window: Window) {
    this.#window = window;
    this.#table = null;
    this.#redraw();
  }

  get inverted(): boolean {
    return this.#inverted;
  }

  set inverted(inverted: boolean) {
    this.#inverted = inverted;
    this.#table = null;
    this.#redraw();
  }

  get rotation(): number {
    return this.#placement.rotation;
  }

  get flips(): readonly [horizontal: boolean, vertical: boolean] {
    return this.#placement.flips;
  }

  get zoom(): number {
    return this.#placement.zoom;
  }

  get canvas(): HTMLCanvasElement {
    return this.#picture.canvas;
  }

  get whole(): boolean {
    return this.#stream.has(this.#frame) || this.#stream.fault(this.#frame) !== undefined;
  }

  get whereabouts(): string {
    const { series } = this;
    const thickness = series.thickness ? `${series.thickness} mm thick` : '';
    return [slicePosition(series, this.#frame), thickness].filter(Boolean).join(' · ');
  }

  rotate(): void {
    this.#placement.rotate();
    this.#settle();
  }

  flip(axis: 0 | 1): void {
    this.#placement.flip(axis);
    this.#settle();
  }

  pan(dx: number, dy: number): void {
    this.#placement.pan(dx, dy);
    this.#settle();
  }

  zoomBy(factor: number, at: Point2): void {
    this.#placement.zoomBy(factor, at);
    this.#settle();
  }

  reset(): void {
    this.#placement.reset();
    this.#inverted = this.series.inverted;
    this.window = this.series.window;
    this.#settle();
  }

  resize(): void {
    this.#settle();
  }

  arrived(frame: number): void {
    if (frame === this.#frame) this.#redraw();
  }

  get sheet(): Sheet {
    const { series } = this;
    const { rows, columns, spacing } = series;
    return {
      toCanvas: this.#placement.toCanvas,
      place: framePlace(series, this.#frame),
      axes: imageAxes(series),
      scale: spacing ? [spacing[1], spacing[0]] : null,
      extent: [-0.5, columns - 0.5, -0.5, rows - 0.5],
      reach: stepOf(series) / 2,
    };
  }

  frameAt(point: Point3): number | null {
    return toImage(this.series, point)?.frame ?? null;
  }

  probe(at: Point2): Probe | null {
    const [column, row] = [Math.round(at[0]), Math.round(at[1])];
    const samples = this.#samples(column, row);
    return samples && { text: `${valueText(this.series, samples)}   (${column}, ${row})` };
  }

  value(at: Point2): number | null {
    const samples = this.#samples(Math.round(at[0]), Math.round(at[1]));
    return samples?.length === 1 ? samples[0]! * this.series.scale : null;
  }

  destroy(): void {
    cancelAnimationFrame(this.#drawing);
    this.canvas.remove();
    this.#words.remove();
  }

  #samples(column: number, row: number): ArrayLike<number> | null {
    const { columns, rows, samples } = this.series;
    if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
    const at = (row * columns + column) * samples;
    return this.#stream.peek(this.#frame)?.subarray(at, at + samples) ?? null;
  }

  /** Puts the canvas where it belongs; shown much smaller or larger than before, it is drawn anew. */
  #settle(): void {
    const { clientWidth, clientHeight } = this.element;
    this.#placement.box = [clientWidth, clientHeight];
    const block = Math.max(1, Math.floor(1 / (this.#placement.scale * window.devicePixelRatio)));
    if (block !== this.#picture.block) {
      this.#picture.block = block;
      this.#draw();
    }
    this.canvas.style.transform = this.#placement.style(block);
  }

  /** Draws once a display frame, however often it was asked. */
  #redraw(): void {
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const values = this.#stream.peek(this.#frame);
    const fault = this.#stream.fault(this.#frame) ?? '';
    this.#words.textContent = fault;
    this.canvas.hidden = fault !== '';
    if (fault) this.onRender();
    if (!values) return;
    const { series } = this;
    const inverted = this.#inverted !== (series.photometric === 'MONOCHROME1');
    const window = this.#window;
    this.#table ??= greyTable(voiRange(series, window), inverted, series.dtype, greyCurve(window));
    this.#picture.draw(values, this.#table);
    this.onRender();
  }
}
