/** One cell of the grid: what is shown in it, its slider, its cine and the texts on it. */
import { Cine } from './cine';
import type { Action, Tool } from './keys';
import { Overlay, type Scene } from './overlay';
import type { Content, Fusion, Pane, Probe, SlabSetting } from './pane';
import type { Findings, Point2, Presented, Series, Window } from './payload';
import { presetsOf } from './presets';
import { Rail } from './rail';
import { fromCanvas, onSheet, toCanvas } from './sheet';

export type State = 'empty' | 'loading' | 'ready' | 'error';

/** How a viewport looked, to be shown so again. */
export type View = {
  readonly content: Content;
  readonly frame?: number;
  readonly window?: Window;
  readonly inverted?: boolean;
  readonly rotation?: number;
  readonly flips?: readonly [boolean, boolean];
  readonly slab?: SlabSetting | undefined;
  readonly fusion?: Fusion | null | undefined;
};

/** A pause that ends a burst of scrolling; what was dropped in it has been read by then. */
const REST_MS = 2500;

let cells = 0;

export class Viewport {
  readonly id = cells++;
  readonly element = document.createElement('div');
  readonly status = document.createElement('div');
  readonly cine: Cine;
  pane: Pane | null = null;
  /** Whether what was opened last is shown. */
  opened: Promise<boolean> = Promise.resolve(false);
  state: State = 'empty';
  pointer: Point2 | null = null;
  /** What was last read under the pointer. */
  probed = '';
  dropped = 0;
  readonly #overlay = new Overlay();
  readonly #rail: Rail;
  readonly #changed: (viewport: Viewport) => void;
  readonly #has: (series: string, frame: number) => boolean;
  #due = false;
  #rest = 0;

  /** `go` is asked to move to a frame; `changed` is told whenever something shown is no longer the same. */
  constructor(host: {
    go(viewport: Viewport, frame: number): void;
    changed(viewport: Viewport): void;
    has(series: string, frame: number): boolean;
  }) {
    this.#changed = host.changed;
    this.#has = host.has;
    this.#rail = new Rail((frame) => host.go(this, frame));
    this.cine = new Cine(null, (by) => {
      const frames = this.pane?.frames ?? 1;
      const wanted = (this.pane?.frame ?? 0) + by;
      host.go(this, this.cine.sweep ? wanted : ((wanted % frames) + frames) % frames);
      return { frame: this.pane?.frame ?? 0, frames };
    });
    this.element.className = 'rv-cell';
    this.status.className = 'rv-status';
    this.status.setAttribute('role', 'status');
    this.element.append(this.#overlay.element, this.#rail.element, this.status);
    this.say('empty', '');
  }

  /** Shows what `make` builds in a new element; resolves once the first frame is there, false when replaced. */
  open(make: (element: HTMLDivElement) => Pane | Promise<Pane>, series: Series): Promise<boolean> {
    const opening = this.#open(make, series);
    this.opened = opening.catch(() => false);
    return opening;
  }

  async #open(make: (element: HTMLDivElement) => Pane | Promise<Pane>, series: Series): Promise<boolean> {
    this.close();
    this.say('loading', 'Loading the images…');
    const element = document.createElement('div');
    element.className = 'rv-pane';
    this.element.prepend(element);
    const pane = await make(element);
    if (!element.isConnected) {
      pane.destroy();
      return false;
    }
    this.pane = pane;
    this.cine.setRate(series.frameTimeMs ? 1000 / series.frameTimeMs : Cine.usual);
    this.#rail.open(pane.frames, (frame) => pane.content.kind !== 'stack' || this.#has(series.id, frame));
    this.#changed(this);
    await pane.open();
    if (this.pane !== pane) return false;
    pane.onRender = () => {
      this.#due = false;
      this.#changed(this);
    };
    this.say('ready', '');
    return true;
  }

  close(): void {
    clearTimeout(this.#rest);
    this.cine.stop();
    this.pane?.destroy();
    this.pane = null;
    this.element.querySelector('.rv-pane')?.remove();
    this.say('empty', '');
  }

  say(state: State, message: string): void {
    this.state = state;
    this.element.dataset['state'] = state;
    this.status.textContent = message;
  }

  /** Whether values of a series are shown. */
  uses(series: string): boolean {
    return this.pane?.series.id === series || this.pane?.over?.id === series;
  }

  get ready(): Pane | null {
    return this.state === 'ready' ? this.pane : null;
  }

  /** Moves to a frame that is there; false when it is shown already. */
  go(frame: number): boolean {
    const { pane } = this;
    if (!pane) return false;
    const target = Math.min(pane.frames - 1, Math.max(0, frame));
    if (target === pane.frame) return false;
    if (this.#due) this.dropped++;
    this.#due = true;
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => {
      if (!this.dropped) return;
      this.dropped = 0;
      this.#changed(this);
    }, REST_MS);
    pane.frame = target;
    return true;
  }

  /** Does what concerns this viewport only. */
  act(pane: Pane, action: Action): void {
    const { series } = pane;
    switch (action.do) {
      case 'preset':
        pane.window = presetsOf(series)[action.index] ?? pane.window;
        break;
      case 'own-window':
        pane.window = series.window;
        break;
      case 'invert':
        pane.inverted = !pane.inverted;
        break;
      case 'rotate':
        pane.rotate();
        break;
      case 'flip':
        pane.flip(action.axis);
        break;
      case 'reset':
        pane.reset();
        break;
      case 'cine':
        if (pane.frames > 1) this.cine.toggle();
        break;
    }
  }

  /** A frame of its series has arrived. */
  arrived(frame: number): void {
    if (this.state === 'ready') this.pane?.arrived(frame);
    this.#rail.loaded();
  }

  findings({ outlines, keyImages, seen }: Findings): void {
    const { pane } = this;
    const shown = pane?.content.kind === 'stack' ? pane.series.id : '';
    const here = [...outlines, ...keyImages].filter(({ series }) => series === shown);
    this.#rail.findings(here.map(({ frame }) => frame));
    this.#rail.seen(seen[shown] ?? []);
  }

  probe(): Probe | null {
    const pane = this.ready;
    if (!pane || !this.pointer) return null;
    const { sheet } = pane;
    const at = fromCanvas(sheet.toCanvas, this.pointer);
    return onSheet(sheet, at) ? pane.probe(at) : null;
  }

  /** Redraws all that stands on the image. */
  draw(pane: Pane, scene: Scene): void {
    this.#overlay.draw(pane, pane.sheet, scene);
    this.probed = scene.probe?.text ?? '';
    this.#rail.at(pane.frame);
    this.element.classList.toggle('rv-waiting', !pane.whole);
  }

  get view(): View | null {
    const { pane } = this;
    if (!pane) return null;
    const { content, frame, window, inverted, rotation, flips, slab, fusion } = pane;
    return { content, frame, window, inverted, rotation, flips, slab, fusion };
  }

  /** Puts a remembered look on what is shown. */
  restore({ frame, window, inverted, rotation = 0, flips, slab, fusion }: View): void {
    const pane = this.ready;
    if (!pane) return;
    if (frame !== undefined) this.go(frame);
    if (window) pane.window = window;
    if (inverted !== undefined && inverted !== pane.inverted) pane.inverted = inverted;
    if (slab && pane.slab) pane.slab = slab;
    if (fusion && pane.fusion) pane.fusion = fusion;
    for (let turned = 0; turned < rotation; turned += 90) pane.rotate();
    for (const axis of [0, 1] as const) if (flips?.[axis]) pane.flip(axis);
  }

  /** Shows the image as a presentation state does, however it was turned before. */
  present({ inverted, rotation, flipped }: Presented): void {
    const pane = this.ready;
    if (!pane) return;
    for (const axis of [0, 1] as const) if (pane.flips[axis]) pane.flip(axis);
    while (pane.rotation !== rotation) pane.rotate();
    if (flipped) pane.flip(0);
    if (inverted !== null) pane.inverted = inverted;
  }

  /** Moves a place to the middle when it lies outside the visible part. */
  bringIntoView(point: Point2): void {
    const { pane } = this;
    if (!pane) return;
    const [x, y] = toCanvas(pane.sheet.toCanvas, point);
    const { clientWidth: width, clientHeight: height } = this.element;
    const visible = x > 0.1 * width && x < 0.9 * width && y > 0.1 * height && y < 0.9 * height;
    if (!visible) pane.pan(width / 2 - x, height / 2 - y);
  }
}

/** What a viewport shows, as attributes: on its cell, and on the root for the active one. */
export function publish({ dataset }: HTMLElement, state: string, pane: Pane | null, tool: Tool): void {
  dataset['state'] = state;
  dataset['tool'] = tool;
  if (!pane) return;
  dataset['series'] = pane.series.id;
  dataset['kind'] = pane.content.kind;
  dataset['frame'] = String(pane.frame + 1);
  dataset['frames'] = String(pane.frames);
  dataset['windowCenter'] = String(Number(pane.window.center.toFixed(2)));
  dataset['windowWidth'] = String(Number(pane.window.width.toFixed(2)));
}
