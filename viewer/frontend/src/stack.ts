/**
 * A stack of images: a Cornerstone planar viewport over one series, with the presentation a reader changes.
 *
 * Without a graphics processor Cornerstone's canvas path draws (it paints every wheel tick where software
 * WebGL drops half of them); with one, WebGL does. Float values always take WebGL: the canvas path maps
 * integers through a table.
 */
import { Enums, imageLoader, RenderingEngine, type Types, utilities } from '@cornerstonejs/core';
import { forgetSeries, registerSeries, startCornerstone } from './cornerstone';
import type { FrameStream } from './frames';
import { imageAxes, slicePosition, stepOf, toImage } from './geometry';
import type { Content, Pane, Probe } from './pane';
import type { Point2, Point3, Series, Window } from './payload';
import type { Affine, Place, Sheet } from './sheet';
import { valueText, voiRange } from './values';

type PlanarViewport = {
  setDisplaySets(entry: { displaySetId: string; options: { renderBackend: 'cpu' | 'gpu' } }): Promise<void>;
  setDisplaySetPresentation(props: { voiRange: { lower: number; upper: number }; invert: boolean }): void;
  setImageIdIndex(frame: number): Promise<string>;
  setZoom(zoom: number, at?: Types.Point2): void;
  getZoom(): number;
  setPan(pan: Types.Point2): void;
  getPan(): Types.Point2;
  setViewState(state: { rotation?: number; flipHorizontal?: boolean; flipVertical?: boolean }): void;
  resetViewState(): boolean;
  worldToCanvas(world: Types.Point3): Types.Point2;
  getCanvas(): HTMLCanvasElement;
  render(): void;
};

let count = 0;

export class StackPane implements Pane {
  readonly content: Content;
  readonly series: Series;
  readonly element: HTMLDivElement;
  onRender: () => void = () => {};
  readonly #key = `pane${count++}`;
  readonly #stream: FrameStream;
  readonly #imageIds: string[];
  readonly #engine: RenderingEngine;
  readonly #viewport: PlanarViewport;
  readonly #software: boolean;
  #frame: number;
  #window: Window;
  #inverted: boolean;
  #rotation = 0;
  #flips: [horizontal: boolean, vertical: boolean] = [false, false];

  constructor(element: HTMLDivElement, series: Series, stream: FrameStream) {
    const { graphicsProcessor } = startCornerstone();
    this.content = { kind: 'stack', series: series.id };
    this.series = series;
    this.element = element;
    this.#stream = stream;
    this.#frame = series.startFrame;
    this.#window = series.window;
    this.#inverted = series.inverted;
    this.#software = !graphicsProcessor && series.dtype !== 'float32';
    this.#imageIds = registerSeries(this.#key, series, stream);
    utilities.genericViewportDisplaySetMetadataProvider.add(this.#key, {
      imageIds: this.#imageIds,
      kind: 'planar',
      initialImageIdIndex: series.startFrame,
    });
    this.#engine = new RenderingEngine(this.#key);
    this.#engine.enableElement({
      viewportId: this.#key,
      type: Enums.ViewportType.PLANAR_NEXT,
      element,
    });
    this.#viewport = this.#engine.getViewport(this.#key) as unknown as PlanarViewport;
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
  }

  /** Shows the first frame as soon as its values are here. */
  async open(): Promise<void> {
    const backend = this.#software ? 'cpu' : 'gpu';
    await this.#viewport.setDisplaySets({ displaySetId: this.#key, options: { renderBackend: backend } });
    this.#present();
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

  set frame(frame: number) {
    this.#frame = frame;
    const viewport = this.#viewport;
    // Cornerstone first draws the old image again, then the new one when it has it. On the canvas path the first
    // drawing is half the cost of a wheel tick and changes nothing, so it is left out.
    if (this.#software) viewport.render = () => {};
    void viewport.setImageIdIndex(frame);
    if (this.#software) Reflect.deleteProperty(viewport, 'render');
  }

  get window(): Window {
    return this.#window;
  }

  set window(window: Window) {
    this.#window = window;
    this.#present();
  }

  get inverted(): boolean {
    return this.#inverted;
  }

  set inverted(inverted: boolean) {
    this.#inverted = inverted;
    this.#present();
  }

  get rotation(): number {
    return this.#rotation;
  }

  get flips(): readonly [horizontal: boolean, vertical: boolean] {
    return this.#flips;
  }

  get zoom(): number {
    return this.#viewport.getZoom();
  }

  get canvas(): HTMLCanvasElement {
    return this.#viewport.getCanvas();
  }

  get whole(): boolean {
    return this.#stream.has(this.#frame);
  }

  get whereabouts(): string {
    const { series } = this;
    const thickness = series.thickness ? `${series.thickness} mm thick` : '';
    return [slicePosition(series, this.#frame), thickness].filter(Boolean).join(' · ');
  }

  rotate(): void {
    this.#rotation = (this.#rotation + (this.#mirrored ? 270 : 90)) % 360;
    this.#orient();
  }

  flip(axis: 0 | 1): void {
    this.#flips[axis] = !this.#flips[axis];
    this.#orient();
  }

  pan(dx: number, dy: number): void {
    const [x, y] = this.#viewport.getPan();
    const sign = this.#opposed ? -1 : 1;
    this.#viewport.setPan([x + sign * dx, y + sign * dy]);
  }

  zoomBy(factor: number, at: Point2): void {
    this.#viewport.setZoom(Math.min(40, Math.max(0.2, this.zoom * factor)), this.#opposite([...at]));
  }

  reset(): void {
    this.#rotation = 0;
    this.#flips = [false, false];
    this.#inverted = this.series.inverted;
    this.#window = this.series.window;
    this.#viewport.resetViewState();
    this.#present();
  }

  resize(): void {
    this.#engine.resize(true, true);
  }

  /** Puts a frame that has arrived into Cornerstone's cache, so that scrolling to it costs no wait. */
  warm(frame: number): void {
    void imageLoader.loadAndCacheImage(this.#imageIds[frame]!);
  }

  get sheet(): Sheet {
    const { series } = this;
    const { rows, columns, spacing } = series;
    return {
      toCanvas: this.#imageToCanvas(),
      place: this.#place(),
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
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
    this.#engine.destroy();
    utilities.genericViewportDisplaySetMetadataProvider.remove(this.#key);
    forgetSeries(this.#key, this.#imageIds);
  }

  readonly #rendered = (): void => this.onRender();

  #samples(column: number, row: number): ArrayLike<number> | null {
    const { columns, rows, samples } = this.series;
    if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
    const at = (row * columns + column) * samples;
    return this.#stream.peek(this.#frame)?.subarray(at, at + samples) ?? null;
  }

  #place(): Place | null {
    const { orientation: o, positions, spacing } = this.series;
    const origin = positions?.[this.#frame];
    if (!o || !origin || !spacing) return null;
    const [rows, columns] = spacing;
    return {
      origin,
      u: [o[0]! * columns, o[1]! * columns, o[2]! * columns],
      v: [o[3]! * rows, o[4]! * rows, o[5]! * rows],
    };
  }

  /** Where image points are on the canvas now. Pixel centres have whole coordinates. */
  #imageToCanvas(): Affine {
    const { orientation, positions, spacing } = this.series;
    const o = orientation ?? [1, 0, 0, 0, 1, 0];
    const [rowSpacing, columnSpacing] = spacing ?? [1, 1];
    const origin = positions?.[this.#frame] ?? [0, 0, this.#frame];
    const world = (axis: number, step: number): Types.Point3 =>
      [0, 1, 2].map((k) => origin[k]! + (step ? o[axis + k]! * step : 0)) as Types.Point3;
    const toCanvas = (point: Types.Point3) => this.#opposite(this.#viewport.worldToCanvas(point));
    const [e, f] = toCanvas(world(0, 0));
    const [x1, y1] = toCanvas(world(0, columnSpacing));
    const [x2, y2] = toCanvas(world(3, rowSpacing));
    return [x1 - e, y1 - f, x2 - e, y2 - f, e, f];
  }

  get #mirrored(): boolean {
    return this.#flips[0] !== this.#flips[1];
  }

  /**
   * Flips are those of the screen, after the rotation. So does Cornerstone's camera, but its canvas path draws
   * the flip first: there the rotation is told the other way round, which draws what is meant.
   */
  #orient(): void {
    const rotation = this.#software && this.#mirrored ? (360 - this.#rotation) % 360 : this.#rotation;
    const [flipHorizontal, flipVertical] = this.#flips;
    this.#viewport.setViewState({ rotation, flipHorizontal, flipVertical });
  }

  /** Whether what the canvas path draws lies point by point opposite to where Cornerstone's camera has it. */
  get #opposed(): boolean {
    return this.#software && this.#mirrored && this.#rotation % 180 !== 0;
  }

  #opposite([x, y]: Types.Point2): Types.Point2 {
    const { clientWidth, clientHeight } = this.element;
    return this.#opposed ? [clientWidth - x, clientHeight - y] : [x, y];
  }

  #present(): void {
    const invert = this.#inverted !== (this.series.photometric === 'MONOCHROME1');
    this.#viewport.setDisplaySetPresentation({ voiRange: voiRange(this.series, this.#window), invert });
    this.#viewport.render();
  }
}
