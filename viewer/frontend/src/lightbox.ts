/** The viewports of a case: what is opened in them, how they move together, and what they tell of themselves. */
import { referenceLines } from './figures';
import { Grid, type Layout } from './grid';
import { type Hanging, hung } from './hanging';
import { centreOf } from './linking';
import { Links } from './links';
import type { Remembered } from './memory';
import type { Content, Pane } from './pane';
import type { Findings, Point2, Point3, Presented, Series, Window } from './payload';
import { fromCanvas, lift, normalOf, type Sheet } from './sheet';
import { StackPane } from './stack';
import { letPageMove } from './still';
import { Streams } from './streams';
import { type View, Viewport } from './viewport';

/** What a viewport shows; `frame` is zero-based, and `series` null once the viewport shows nothing. */
export type Seen = {
  readonly viewport: number;
  readonly series: string | null;
  readonly frame: number;
  readonly window: { readonly center: number; readonly width: number };
};

/** A place to show: its series as a stack, in the viewport that has it or the active one. */
export type Target = {
  readonly series: string;
  readonly frame: number;
  readonly window?: Window | null;
  readonly point?: Point2 | null;
  readonly presented?: Presented | null;
};

const SAID_MS = 5000;
const LINES_MS = 120;

type Host = {
  /** Resolves when the viewer is part of the page. */
  readonly joined: Promise<void>;
  /** Every series of the case; at least one. */
  series(): readonly Series[];
  /** What may be told of the images: outlines, key images, and for how long they were on screen. */
  findings(): Findings;
  /** What is drawn over a pane. */
  figures(viewport: Viewport, pane: Pane, sheet: Sheet): SVGElement[];
  /** A cell was made: it is to be listened to. */
  made(viewport: Viewport): void;
  /** Something of a viewport is no longer the same; told at once, as often as it happens. */
  changed(viewport: Viewport): void;
  /** What changed has been drawn. */
  drawn(): void;
  seen(seen: Seen): void;
};

export class Lightbox {
  readonly grid: Grid;
  readonly links = new Links();
  readonly #host: Host;
  readonly #streams: Streams;
  readonly #shown = Promise.withResolvers<void>();
  readonly #seen = new Map<Viewport, string>();
  readonly #dirty = new Set<Viewport>();
  readonly #resized = new ResizeObserver((entries) => {
    for (const { target } of entries)
      this.grid.cells.find(({ element }) => element === target)?.pane?.resize();
    this.redraw();
  });
  #drawing = 0;
  #lines = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#streams = new Streams(
      // Where Streamlit is still loading, it is until it has drawn the page.
      { shown: this.#shown.promise, free: host.joined },
      (series, frame, complete) => this.#arrived(series, frame, complete),
      (series, message) => this.#trouble(series, message),
    );
    this.grid = new Grid(
      () => this.#make(),
      () => this.redraw(),
    );
  }

  /** Resolves when the first image stands. */
  get shown(): Promise<void> {
    return this.#shown.promise;
  }

  find(id: string): Series | undefined {
    return this.#host.series().find((series) => series.id === id);
  }

  /** Opens what was there at the last visit, else the first series; the active viewport before the others. */
  async start(known: Remembered | null, first: string): Promise<void> {
    this.grid.arrange(known?.layout ?? '1');
    this.links.restore(known);
    const cells = this.grid.cells;
    const active = cells[known?.active ?? 0] ?? cells[0]!;
    this.grid.activate(active);
    const views = cells.map(
      (_, n) => known?.views[n] ?? { content: { kind: 'stack', series: first } as const },
    );
    const view = views[cells.indexOf(active)]!;
    await this.open(active, view.content, view);
    void this.shown.then(() => {
      for (const [n, cell] of cells.entries()) {
        if (cell.state === 'empty') void this.open(cell, views[n]!.content, views[n]);
      }
    });
  }

  /** Opens a series in a viewport; what goes wrong is said in it. */
  async open(viewport: Viewport, content: Content, view?: View): Promise<void> {
    const series = this.find(content.series);
    if (!series) return;
    try {
      const opened = viewport.open((element) => this.#pane(element, content, series), series);
      this.touch(viewport);
      if (!(await opened)) return;
    } catch (error) {
      this.fail(
        viewport,
        `${series.label} cannot be shown here: ${error instanceof Error ? error.message : error}`,
      );
      return;
    }
    if (view) viewport.restore(view);
    viewport.findings(this.#host.findings());
    this.redraw();
    requestAnimationFrame(() => this.#painted());
  }

  /** What is on screen now. */
  get views(): Seen[] {
    return this.grid.visible.map(seenIn);
  }

  fail(viewport: Viewport, message: string): void {
    viewport.say('error', message);
    letPageMove();
    this.touch(viewport);
  }

  async show({ series, frame, window, point, presented }: Target): Promise<void> {
    const shows = ({ pane }: Viewport): boolean =>
      pane?.content.kind === 'stack' && pane.series.id === series;
    const viewport = [this.grid.active, ...this.grid.visible].find(shows) ?? this.grid.active;
    if (!shows(viewport)) await this.open(viewport, { kind: 'stack', series });
    const pane = (await viewport.opened) ? viewport.ready : null;
    if (!pane) return;
    this.grid.activate(viewport);
    viewport.cine.stop();
    this.go(viewport, frame);
    if (window) pane.window = window;
    if (presented) viewport.present(presented);
    if (point) viewport.bringIntoView(point);
    this.touch(viewport);
  }

  arrange(layout: Layout): void {
    this.grid.arrange(layout);
    const shown = new Set(this.grid.cells.map(({ pane }) => pane?.series.id));
    for (const cell of this.grid.cells) {
      if (cell.state !== 'empty') continue;
      const next = this.#host.series().find(({ id }) => !shown.has(id));
      const series = (next ?? this.grid.active.pane?.series ?? this.#host.series()[0]!).id;
      shown.add(series);
      void this.open(cell, { kind: 'stack', series });
    }
    this.redraw();
  }

  /** Opens the series before or after the one in the active viewport. */
  turnSeries(by: 1 | -1): boolean {
    const all = this.#host.series();
    const here = all.findIndex(({ id }) => id === this.grid.active.pane?.series.id);
    const next = all[here + by];
    if (next) void this.open(this.grid.active, { kind: 'stack', series: next.id });
    return all.length > 1;
  }

  /** Moves a viewport to a frame, and along with it those that are linked. */
  go(viewport: Viewport, frame: number): void {
    if (!viewport.go(frame)) return;
    this.#turn(viewport);
    if (this.grid.cells.length < 2) return;
    if (viewport.pane) this.links.follow(viewport.pane);
    for (const [other, to] of this.links.followers(viewport, this.grid.cells))
      if (other.go(to)) this.#turn(other);
    if (this.links.references) this.#redrawLines();
  }

  /** Reference lines in the other viewports follow at a slower pace than what is scrolled. */
  #redrawLines(): void {
    this.#lines ||= window.setTimeout(() => {
      this.#lines = 0;
      this.redraw();
    }, LINES_MS);
  }

  /** Brings every viewport of the same space to the patient position under a canvas point. */
  cross(viewport: Viewport, canvasPoint: Point2): void {
    const pane = viewport.ready;
    const place = pane?.sheet.place;
    if (pane && place) this.crossAt(viewport, lift(place, fromCanvas(pane.sheet.toCanvas, canvasPoint)));
  }

  crossAt(viewport: Viewport, point: Point3): void {
    const pane = viewport.ready;
    if (!pane) return;
    this.links.cross(pane, point);
    this.links.crossShown = true;
    for (const other of this.grid.cells) {
      const to = other === viewport ? null : other.ready;
      if (!to || !this.links.isCrossed(to)) continue;
      if (to.through) to.through(point);
      else other.go(to.frameAt(point) ?? to.frame);
      this.#turn(other);
    }
    this.redraw();
  }

  /** Turns the other planes about the normal of this one, through the crosshair. */
  turnPlanes(viewport: Viewport, radians: number): void {
    const pane = viewport.ready;
    const { point } = this.links;
    const place = pane?.sheet.place;
    if (!pane || !point || !place) return;
    for (const other of this.grid.cells) {
      if (other === viewport || !other.ready?.turn || !this.links.isCrossed(other.ready)) continue;
      other.ready.turn(normalOf(place), radians, point);
      this.touch(other);
    }
    this.redraw();
  }

  /** Lays out several views of the active series: its three planes, or with the series that is fused with it. */
  async hang(hanging: Hanging): Promise<void> {
    const was = this.grid.active.pane;
    const views = hung(hanging, this.#host.series(), was?.series.id ?? '');
    if (!views) return this.#refuse(was);
    const look = was && { series: was.series.id, window: was.window, inverted: was.inverted };
    this.grid.arrange(views.layout);
    for (const cell of this.grid.cells) cell.close();
    const looks = views.contents.map((content) => {
      return {
        content,
        ...(content.series === look?.series && { window: look.window, inverted: look.inverted }),
      };
    });
    await Promise.all(this.grid.cells.map((cell, n) => this.open(cell, views.contents[n]!, looks[n])));
    const [first] = this.grid.cells;
    if (first) {
      this.grid.activate(first);
      for (const [other, to] of this.links.followers(first, this.grid.cells)) other.go(to);
    }
    const pane = this.grid.cells.find(({ ready }) => ready?.content.kind === 'plane')?.ready;
    const middle = pane && centreOf(pane);
    if (pane && middle) this.links.cross(pane, middle);
    this.redraw();
  }

  /** Says for a while why there are no planes. */
  #refuse(pane: Pane | null): void {
    const { status } = this.grid.active;
    const text = pane?.series.mpr ? `No planes: ${pane.series.mpr}.` : 'Nothing here to lay over each other.';
    status.textContent = text;
    setTimeout(() => {
      if (status.textContent === text) status.textContent = '';
    }, SAID_MS);
  }

  redraw(): void {
    for (const viewport of this.grid.visible) this.touch(viewport);
  }

  /** Says where a viewport is, and redraws what stands on it; once a display frame at most. */
  touch(viewport: Viewport): void {
    this.#host.changed(viewport);
    this.#tellSeen(viewport);
    this.#dirty.add(viewport);
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const one of dirty) this.#draw(one);
      this.#host.drawn();
    });
  }

  stop(): void {
    this.#resized.disconnect();
    this.#streams.stop();
    for (const viewport of this.grid.cells) viewport.close();
    cancelAnimationFrame(this.#drawing);
    clearTimeout(this.#lines);
  }

  #make(): Viewport {
    const viewport = new Viewport({
      go: (one, frame) => this.go(one, frame),
      changed: (one) => this.touch(one),
      has: (series, frame) => this.#streams.of(this.find(series)!).has(frame),
    });
    this.#resized.observe(viewport.element);
    this.#host.made(viewport);
    return viewport;
  }

  #pane(element: HTMLDivElement, content: Content, series: Series): Pane | Promise<Pane> {
    const stream = this.#streams.of(series);
    return content.kind === 'stack'
      ? new StackPane(element, series, stream)
      : this.#cut(element, content, series);
  }

  /** What needs a volume is loaded when it is first asked for. */
  async #cut(element: HTMLDivElement, content: Content, series: Series): Promise<Pane> {
    if (series.mpr !== null) throw new Error(series.mpr);
    const base = { series, stream: this.#streams.of(series) };
    const { PlanePane, RenderedPane, TurningPane } = await import('./volumes');
    if (content.kind === 'turning') return new TurningPane(element, content, series, base.stream);
    if (content.kind !== 'plane') return new RenderedPane(element, content, series, base.stream);
    const over = content.over ? this.find(content.over) : undefined;
    return new PlanePane(
      element,
      content,
      base,
      over ? { series: over, stream: this.#streams.of(over) } : null,
    );
  }

  /** The first image stands: the rest may load, and Streamlit's animations may run again (see document.py). */
  #painted(): void {
    this.#shown.resolve();
    letPageMove();
    if (performance.getEntriesByName('readout:first-image').length > 0) return;
    performance.mark('readout:first-image');
  }

  #turn(viewport: Viewport): void {
    const { pane } = viewport;
    if (pane?.content.kind === 'stack') this.#streams.of(pane.series).turnTo(pane.frame);
    this.touch(viewport);
  }

  #arrived(series: string, frame: number, complete: boolean): void {
    for (const viewport of this.grid.cells) if (viewport.uses(series)) viewport.arrived(frame);
    if (complete && this.grid.active.pane?.series.id === series) performance.mark('readout:series-loaded');
  }

  #trouble(series: string, message: string): void {
    for (const viewport of this.grid.cells) {
      if (!viewport.uses(series)) continue;
      if (viewport.state === 'loading' && message) this.fail(viewport, message);
      else if (viewport.state === 'ready') viewport.status.textContent = message;
    }
  }

  #draw(viewport: Viewport): void {
    const pane = viewport.ready;
    if (!pane) return;
    const { sheet } = pane;
    const others = this.grid.visible.flatMap(({ ready }) => (ready && ready !== pane ? [ready] : []));
    const figures = [
      ...(this.links.references ? referenceLines(pane, sheet, others) : []),
      ...this.#host.figures(viewport, pane, sheet),
      ...this.links.crossFigures(pane, sheet),
    ];
    viewport.draw(pane, { figures, probe: viewport.probe(), dropped: viewport.dropped });
  }

  #tellSeen(viewport: Viewport): void {
    const seen = seenIn(viewport);
    const text = JSON.stringify(seen);
    if (this.#seen.get(viewport) === text) return;
    this.#seen.set(viewport, text);
    this.#host.seen(seen);
  }
}

function seenIn({ element, ready: pane }: Viewport): Seen {
  return {
    viewport: Number(element.dataset['viewport']),
    series: pane?.series.id ?? null,
    frame: pane?.frame ?? 0,
    window: { center: pane?.window.center ?? 0, width: pane?.window.width ?? 0 },
  };
}
