/**
 * One image area: a Cornerstone planar viewport over one series, with the presentation a reader changes.
 *
 * Without a graphics processor Cornerstone's canvas path draws (it paints every wheel tick where software
 * WebGL drops half of them); with one, WebGL does. Float values always take WebGL: the canvas path maps
 * integers through a table.
 */
import { Enums, imageLoader, RenderingEngine, type Types, utilities } from '@cornerstonejs/core';
import {
  forgetSeries,
  type Presentation,
  presentationOf,
  registerSeries,
  startCornerstone,
} from './cornerstone';
import type { FrameStream } from './frames';
import type { Point2, Series, Window } from './payload';

type PlanarViewport = {
  setDisplaySets(entry: { displaySetId: string; options: { renderBackend: 'cpu' | 'gpu' } }): Promise<void>;
  setDisplaySetPresentation(props: Presentation): void;
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

/** Image (column, row) to canvas CSS pixels: x = a·column + c·row + e, y = b·column + d·row + f. */
export type Affine = readonly [number, number, number, number, number, number];

let count = 0;

export class Pane {
  readonly series: Series;
  readonly element: HTMLDivElement;
  onRender: () => void = () => {};
  readonly #key = `pane${count++}`;
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
    this.series = series;
    this.element = element;
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

  /** A quarter turn clockwise on the screen, also of an image that is mirrored. */
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

  /** Geometry, window and inversion as when the series was opened; the frame stays. */
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

  /** Where image points are on the canvas now. Pixel centres have whole coordinates. */
  get imageToCanvas(): Affine {
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

  destroy(): void {
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#rendered);
    this.#engine.destroy();
    utilities.genericViewportDisplaySetMetadataProvider.remove(this.#key);
    forgetSeries(this.#key, this.#imageIds);
  }

  readonly #rendered = (): void => this.onRender();

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
    const software = this.#software;
    this.#viewport.setDisplaySetPresentation(presentationOf(this.series, this.#window, { invert, software }));
    this.#viewport.render();
  }
}

/** The image point under a canvas point. */
export function toImagePoint([a, b, c, d, e, f]: Affine, [x, y]: Point2): Point2 {
  const determinant = a * d - b * c;
  const [dx, dy] = [x - e, y - f];
  return [(d * dx - c * dy) / determinant, (a * dy - b * dx) / determinant];
}

export function toCanvasPoint([a, b, c, d, e, f]: Affine, [column, row]: Point2): Point2 {
  return [a * column + c * row + e, b * column + d * row + f];
}
