/** A plane or slab through a volume in any direction, with another series laid over it in colour. */
import { CanvasPane, type Extent } from './canvaspane';
import { colours, type Greys, paintGrey, paintOver } from './colour';
import type { FrameStream } from './frames';
import { cross, type Direction, dot, letters } from './geometry';
import type { Content, Fusion, Pane, PlaneName, Probe, SlabSetting } from './pane';
import type { Point2, Point3, Series, Window } from './payload';
import { type Cut, reslice, type Slab } from './reslice';
import { type Affine, along, fromCanvas, lift, type Place, type Sheet } from './sheet';
import { greyCurve, valueText, voiRange } from './values';
import { Volume } from './volume';

type Basis = { readonly u: Direction; readonly v: Direction; readonly n: Direction };

/** As radiologists look at the patient: from the feet, from the front, from the left. */
const BASES: Record<PlaneName, Basis> = {
  axial: { u: [1, 0, 0], v: [0, 1, 0], n: [0, 0, 1] },
  coronal: { u: [1, 0, 0], v: [0, 0, -1], n: [0, 1, 0] },
  sagittal: { u: [0, 1, 0], v: [0, 0, -1], n: [1, 0, 0] },
};

export type PlaneContent = Extract<Content, { kind: 'plane' }>;

export class PlanePane extends CanvasPane implements Pane {
  readonly content: PlaneContent;
  readonly over: Series | null;
  readonly #volume: Volume;
  readonly #overVolume: Volume | null;
  #basis: Basis;
  /** Distance of the plane along its normal from the patient's origin, mm. */
  #depth = 0;
  #extent: Extent = [0, 1, 0, 1];
  #depths: readonly [first: number, last: number] = [0, 0];
  #step = 1;
  #slab: SlabSetting = { projection: 'none', mm: 10 };
  #fusion: Fusion | null;
  #arrivals = 0;
  #values = new Float32Array(0);
  #overValues = new Float32Array(0);
  #cutKey = '';

  constructor(
    element: HTMLDivElement,
    content: PlaneContent,
    base: { series: Series; stream: FrameStream },
    over: { series: Series; stream: FrameStream } | null,
  ) {
    super(element, base.series);
    this.content = content;
    this.#volume = new Volume(base.series, base.stream);
    this.over = over?.series ?? null;
    this.#overVolume = over && new Volume(over.series, over.stream);
    this.#fusion = over && { opacity: 0.6, map: 'hot', window: over.series.window };
    this.#basis = BASES[content.plane];
    this.#measureOut();
    const { series } = this;
    const start = this.#volume.toPatient([
      (series.columns - 1) / 2,
      (series.rows - 1) / 2,
      series.startFrame,
    ]);
    const { n } = this.#basis;
    this.#depth = this.#onStep(dot(content.plane === 'axial' ? start : this.#volume.centre, n));
  }

  async open(): Promise<void> {
    this.paint();
  }

  get title(): string {
    const plane = this.#straight ? this.content.plane : 'oblique';
    const parts = [this.series.label, this.over?.label].filter(Boolean).join(' + ');
    return `${parts}\n${plane}`;
  }

  get whole(): boolean {
    return this.#volume.whole && (this.#overVolume?.whole ?? true);
  }

  get frames(): number {
    return Math.max(1, Math.round((this.#depths[1] - this.#depths[0]) / this.#step) + 1);
  }

  get frame(): number {
    return Math.round((this.#depth - this.#depths[0]) / this.#step);
  }

  set frame(frame: number) {
    this.#depth = this.#depths[0] + frame * this.#step;
    this.moved();
  }

  get slab(): SlabSetting {
    return this.#slab;
  }

  set slab(slab: SlabSetting) {
    this.#slab = slab;
    this.schedule();
  }

  get fusion(): Fusion | null {
    return this.#fusion;
  }

  set fusion(fusion: Fusion | null) {
    this.#fusion = fusion;
    this.schedule();
  }

  override reset(): void {
    const through = this.#middle;
    this.#basis = BASES[this.content.plane];
    this.#measureOut();
    this.#depth = this.#onStep(dot(through, this.#basis.n));
    if (this.over && this.#fusion) this.#fusion = { ...this.#fusion, window: this.over.window };
    super.reset();
  }

  through(point: Point3): void {
    const depth = dot(point, this.#basis.n);
    this.#depth = Math.min(this.#depths[1], Math.max(this.#depths[0], depth));
    this.moved();
  }

  turn(axis: Direction, radians: number, about: Point3): void {
    const { u, v } = this.#basis;
    const [turnedU, turnedV] = [turned(u, axis, radians), turned(v, axis, radians)];
    // The way of the normal is kept, so that scrolling goes on in its direction.
    const n = turned(this.#basis.n, axis, radians);
    this.#basis = { u: turnedU, v: turnedV, n };
    this.#measureOut();
    this.through(about);
  }

  arrived(): void {
    this.#arrivals ||= window.setTimeout(() => {
      this.#arrivals = 0;
      this.#cutKey = '';
      this.schedule();
    }, 120);
  }

  override destroy(): void {
    clearTimeout(this.#arrivals);
    super.destroy();
  }

  protected get extent(): Extent {
    return this.#extent;
  }

  get sheet(): Sheet {
    const { u, v } = this.#basis;
    return {
      toCanvas: this.affine,
      place: this.#place,
      axes: { row: u, column: v },
      scale: [1, 1],
      extent: this.#extent,
      reach: Math.max(this.#step, this.#thickness) / 2,
    };
  }

  get grain(): Point2 {
    const { u, v } = this.#basis;
    return [this.#volume.spacingAlong(u), this.#volume.spacingAlong(v)];
  }

  get whereabouts(): string {
    const { n } = this.#basis;
    const way: Direction = this.#depth < 0 ? [-n[0], -n[1], -n[2]] : n;
    const names = { max: 'MIP', min: 'MinIP', mean: 'mean', none: '' };
    const slab = this.#thickness ? `${names[this.#slab.projection]} of ${this.#slab.mm} mm` : '';
    const depth = `${letters(way)} ${Math.abs(this.#depth).toFixed(1)} mm`;
    return [depth, slab, this.#volume.arrival, this.#overVolume?.arrival].filter(Boolean).join(' · ');
  }

  frameAt(point: Point3): number {
    const frame = Math.round((dot(point, this.#basis.n) - this.#depths[0]) / this.#step);
    return Math.min(this.frames - 1, Math.max(0, frame));
  }

  probe(at: Point2): Probe | null {
    const point = lift(this.#place, at);
    const value = this.#volume.sample(point);
    if (value === null) return null;
    const over = this.#overVolume?.sample(point) ?? null;
    const texts = [said(this.series, value), over === null || !this.over ? '' : said(this.over, over)];
    const where = point.map((mm) => mm.toFixed(1)).join(', ');
    return { text: `${texts.filter(Boolean).join(' · ')}   (${where} mm)` };
  }

  value(at: Point2): number | null {
    const value = this.#volume.sample(lift(this.#place, at));
    return value === null ? null : value * this.series.scale;
  }

  protected picture(width: number, height: number, toCanvas: Affine): ImageData {
    const length = width * height;
    if (this.#values.length !== length) {
      this.#values = new Float32Array(length);
      this.#overValues = new Float32Array(this.#overVolume ? length : 0);
    }
    this.#cut(width, height, toCanvas);
    const picture = new ImageData(width, height);
    const pixels = new Uint32Array(picture.data.buffer);
    paintGrey(this.#values, greys(this.series, this.window, this.inverted), pixels);
    if (this.over && this.#fusion) {
      const { window, map, opacity } = this.#fusion;
      paintOver(this.#overValues, greys(this.over, window, false), colours(map), opacity, pixels);
    }
    return picture;
  }

  /** Cuts again only when the plane or the view of it has changed: a window costs no cut. */
  #cut(width: number, height: number, toCanvas: Affine): void {
    const key = JSON.stringify([width, height, toCanvas, this.#depth, this.#basis, this.#slab]);
    if (key === this.#cutKey) return;
    this.#cutKey = this.whole ? key : '';
    const cut = this.#pixels(width, height, toCanvas);
    reslice(this.#volume, cut, this.#slabOf(this.#volume), this.#values);
    if (this.#overVolume) reslice(this.#overVolume, cut, this.#slabOf(this.#overVolume), this.#overValues);
  }

  /** The canvas pixels as a cut in the patient. */
  #pixels(width: number, height: number, toCanvas: Affine): Cut {
    const place = this.#place;
    const at = (x: number, y: number): Point3 => lift(place, fromCanvas(toCanvas, [x, y]));
    const [origin, right, down] = [at(0.5, 0.5), at(1.5, 0.5), at(0.5, 1.5)];
    return { origin, right: minus(right, origin), down: minus(down, origin), width, height };
  }

  #slabOf(volume: Volume): Slab | null {
    const { projection } = this.#slab;
    if (!this.#thickness || projection === 'none') return null;
    const step = volume.spacingAlong(this.#basis.n);
    const planes = Math.max(1, Math.round(this.#thickness / step));
    const { n } = this.#basis;
    return { projection, planes, way: [n[0] * step, n[1] * step, n[2] * step] };
  }

  get #thickness(): number {
    return this.#slab.projection === 'none' ? 0 : this.#slab.mm;
  }

  get #place(): Place {
    return { origin: along([0, 0, 0], this.#basis.n, this.#depth), u: this.#basis.u, v: this.#basis.v };
  }

  /** The middle of the sheet in the patient. */
  get #middle(): Point3 {
    const [u0, u1, v0, v1] = this.#extent;
    return lift(this.#place, [(u0 + u1) / 2, (v0 + v1) / 2]);
  }

  get #straight(): boolean {
    const { n } = BASES[this.content.plane];
    const { u } = BASES[this.content.plane];
    return dot(n, this.#basis.n) > 0.99999 && dot(u, this.#basis.u) > 0.99999;
  }

  /** Takes what the volume measures along the plane's directions. */
  #measureOut(): void {
    const { u, v, n } = this.#basis;
    const corners = this.#volume.corners;
    const range = (direction: Direction): [number, number] => {
      const depths = corners.map((corner) => dot(corner, direction));
      return [Math.min(...depths), Math.max(...depths)];
    };
    this.#extent = [...range(u), ...range(v)] as unknown as Extent;
    this.#step = this.#volume.spacingAlong(n);
    const [first, last] = range(n);
    // The planes of whole voxels: half a step inside the outer faces.
    this.#depths = [first + this.#step / 2, last - this.#step / 2];
  }

  #onStep(depth: number): number {
    const frame = Math.round((depth - this.#depths[0]) / this.#step);
    return this.#depths[0] + Math.min(this.frames - 1, Math.max(0, frame)) * this.#step;
  }
}

/** Black and white in values as sent. */
export function greys(series: Series, window: Window, inverted: boolean): Greys {
  return {
    ...voiRange(series, window),
    curve: greyCurve(window),
    inverted: inverted !== (series.photometric === 'MONOCHROME1'),
  };
}

/** A value between voxels, as exact as its unit is written. */
function said(series: Series, value: number): string {
  return valueText(series, [series.unit === 'HU' ? Math.round(value) : Number(value.toPrecision(4))]);
}

const minus = (a: Point3, b: Point3): Direction => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** A direction turned about a unit axis (Rodrigues). */
function turned(direction: Direction, axis: Direction, radians: number): Direction {
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const across = cross(axis, direction);
  const share = dot(axis, direction) * (1 - cos);
  const at = (k: 0 | 1 | 2): number => direction[k] * cos + across[k] * sin + axis[k] * share;
  return [at(0), at(1), at(2)];
}
