/** The viewer of one case: owns the grid of viewports and its tools; Python owns what is asked and answered. */
import { Drawings } from './drawings';
import { markFigures, outlineFigures, referenceLines, spacesOf } from './figures';
import { placeOf, toPatient } from './geometry';
import { Grid, type Layout } from './grid';
import { helpDialog } from './help';
import { type Action, listenForKeys, type Tool } from './keys';
import { Links } from './links';
import { Memory, type Remembered } from './memory';
import type { Content, Pane } from './pane';
import type { Annotation, Mark, Payload, Point2, Series, Window } from './payload';
import { listenToPointers } from './pointer';
import { fromCanvas, lift, onSheet, toCanvas } from './sheet';
import { StackPane } from './stack';
import { Streams } from './streams';
import { Strip } from './strip';
import { Toolbar } from './toolbar';
import { draggedWindow } from './values';
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
};

export type Told = {
  marks(marks: readonly Mark[]): void;
  annotations(annotations: readonly Annotation[]): void;
};

export class Viewer {
  /** Called when what is on screen in a viewport has changed: another series, image or window. */
  onView: (seen: Seen) => void = () => {};
  readonly #root: HTMLElement;
  readonly #help = helpDialog();
  readonly #grid: Grid;
  readonly #toolbar: Toolbar;
  readonly #strip: Strip;
  readonly #streams: Streams;
  readonly #drawings: Drawings;
  readonly #links = new Links();
  readonly #memory: Memory;
  readonly #stops: (() => void)[] = [];
  readonly #shown = Promise.withResolvers<void>();
  readonly #seen = new Map<Viewport, string>();
  readonly #dirty = new Set<Viewport>();
  readonly #resized = new ResizeObserver((entries) => {
    for (const { target } of entries)
      this.#grid.cells.find(({ element }) => element === target)?.pane?.resize();
    this.#redraw();
  });
  #payload: Payload;
  #tool: Tool = 'window';
  #jumped = '';
  #drawing = 0;

  constructor(root: HTMLElement, payload: Payload, told: Told) {
    this.#root = root;
    this.#payload = payload;
    this.#memory = new Memory(payload, () => this.#remembered());
    const known = this.#memory.recall();
    const pending = payload.marking ? (known?.marks ?? []) : [];
    const annotations = payload.annotations.length ? payload.annotations : (known?.annotations ?? []);
    this.#drawings = new Drawings({ marks: pending, annotations }, payload.marks, told, () => this.#redraw());
    this.#streams = new Streams(
      this.#shown.promise,
      (series, frame, complete) => this.#arrived(series, frame, complete),
      (series, message) => this.#trouble(series, message),
    );
    this.#toolbar = new Toolbar((action) => void this.#act(action), {
      rate: (rate) => this.#grid.active.cine.setRate(rate),
      sweep: (on) => {
        this.#grid.active.cine.sweep = on;
      },
    });
    this.#strip = new Strip(
      payload.series,
      (id) => void this.#open(this.#grid.active, { kind: 'stack', series: id }),
    );
    this.#grid = new Grid(
      () => this.#viewport(),
      () => this.#activated(),
    );
    this.#build();
    performance.mark('readout:open');
    if (payload.error || !payload.series.length) this.#fail(payload.error ?? 'This case has no images.');
    else void this.#start(known, pending.length ? () => told.marks(pending) : () => {});
  }

  /** Takes what Python says now; the images stay as they are unless it asks for a jump. */
  update(payload: Payload): void {
    this.#payload = payload;
    this.#drawings.commit(payload.marks, Boolean(payload.marking));
    if (!payload.marking && this.#tool === 'mark') this.#tool = 'window';
    this.#toolbar.offerMark(Boolean(payload.marking));
    for (const viewport of this.#grid.cells) viewport.findings(payload.outlines);
    this.#root.classList.toggle('rv-marking', Boolean(payload.marking));
    this.#followJump();
    this.#redraw();
  }

  /** Shows a place, as a jump of a reveal or a replay does. */
  async show({ series, frame, window, point }: Target): Promise<void> {
    const shows = ({ pane }: Viewport) => pane?.content.kind === 'stack' && pane.series.id === series;
    const viewport = [this.#grid.active, ...this.#grid.visible].find(shows) ?? this.#grid.active;
    if (!shows(viewport)) await this.#open(viewport, { kind: 'stack', series });
    const pane = (await viewport.opened) ? viewport.ready : null;
    if (!pane) return;
    this.#grid.activate(viewport);
    viewport.cine.stop();
    this.#go(viewport, frame);
    if (window) pane.window = window;
    if (point) viewport.bringIntoView(point);
    this.#touch(viewport);
  }

  destroy(): void {
    this.#memory.stop();
    for (const stop of this.#stops) stop();
    this.#streams.stop();
    for (const viewport of this.#grid.cells) viewport.close();
    cancelAnimationFrame(this.#drawing);
    this.#root.replaceChildren();
  }

  #build(): void {
    const root = this.#root;
    root.dataset['testid'] = 'viewer';
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', 'Image viewer');
    root.dataset['state'] = 'loading';
    root.replaceChildren(this.#toolbar.element, this.#strip.element, this.#grid.element, this.#help);
    this.#toolbar.element.addEventListener('series', (event) => {
      const next = this.#payload.series[(event as CustomEvent<number>).detail];
      if (next) void this.#open(this.#grid.active, { kind: 'stack', series: next.id });
    });
    this.#stops.push(
      listenForKeys((action) => this.#act(action)),
      () => this.#resized.disconnect(),
    );
  }

  #viewport(): Viewport {
    const viewport = new Viewport({
      go: (one, frame) => this.#go(one, frame),
      changed: (one) => this.#touch(one),
      has: (series, frame) => this.#stream(series).has(frame),
    });
    const { element } = viewport;
    this.#resized.observe(element);
    this.#stops.push(
      this.#strip.acceptDrops(element, (id) => {
        this.#grid.activate(viewport);
        void this.#open(viewport, { kind: 'stack', series: id });
      }),
      listenToPointers(element, {
        tool: () => this.#tool,
        down: () => this.#grid.activate(viewport),
        scroll: (by) => this.#go(viewport, (viewport.pane?.frame ?? 0) + by),
        coarseStep: () => Math.max(1, Math.round((viewport.pane?.frames ?? 1) / 20)),
        window: (dx, dy) =>
          this.#change(viewport, (pane) => {
            pane.window = draggedWindow(pane.series, pane.window, dx, dy);
          }),
        pan: (dx, dy) => this.#change(viewport, (pane) => pane.pan(dx, dy)),
        zoom: (factor, at) => this.#change(viewport, (pane) => pane.zoomBy(factor, at)),
        probe: (at) => {
          viewport.pointer = at;
          this.#touch(viewport);
        },
        mark: (at) => this.#mark(viewport, at),
        crosshair: (at) => this.#crosshair(viewport, at),
        double: () => this.#double(viewport),
        menu: (at) => element.append(this.#toolbar.menu(at)),
      }),
    );
    return viewport;
  }

  /** Opens what was there at the last visit, else the first series; the active viewport before the others. */
  async #start(known: Remembered | null, afterwards: () => void): Promise<void> {
    const { jump, series } = this.#payload;
    const first = series[0]!;
    this.#grid.arrange(known?.layout ?? '1');
    this.#links.restore(known);
    const cells = this.#grid.cells;
    const active = cells[known?.active ?? 0] ?? cells[0]!;
    this.#grid.activate(active);
    const views = cells.map((_, n): View => known?.views[n] ?? this.#fill(n));
    const at = cells.indexOf(active);
    if (jump && cells.length === 1) {
      const wanted = this.#find(jump.series) ?? first;
      if (wanted.id !== views[at]!.content.series)
        views[at] = { content: { kind: 'stack', series: wanted.id } };
    }
    await this.#open(active, views[at]!.content, views[at]);
    this.#followJump();
    await this.#shown.promise;
    afterwards();
    for (const [n, cell] of cells.entries())
      if (cell !== active) void this.#open(cell, views[n]!.content, views[n]);
  }

  /** What an empty cell is filled with: the series after those that are shown. */
  #fill(cell: number): View {
    const all = this.#payload.series;
    const shown = new Set(this.#grid.cells.map(({ pane }) => pane?.series.id));
    const next = all.find(({ id }, n) => n >= cell && !shown.has(id)) ?? all.find(({ id }) => !shown.has(id));
    return { content: { kind: 'stack', series: (next ?? this.#grid.active.pane?.series ?? all[0]!).id } };
  }

  async #open(viewport: Viewport, content: Content, view?: View): Promise<void> {
    const series = this.#find(content.series);
    if (!series) return;
    this.#touch(viewport);
    try {
      const opened = viewport.open((element) => this.#pane(element, content, series), series);
      this.#publish(viewport);
      if (!(await opened)) return;
    } catch (error) {
      viewport.say(
        'error',
        `${series.label} cannot be shown here: ${error instanceof Error ? error.message : error}`,
      );
      this.#unstill();
      return this.#touch(viewport);
    }
    for (let frame = 0; frame < series.frames; frame++) {
      if (this.#stream(series.id).has(frame)) viewport.warm(frame);
    }
    if (view) viewport.restore(view);
    viewport.findings(this.#payload.outlines);
    this.#redraw();
    requestAnimationFrame(() => this.#painted());
  }

  #pane(element: HTMLDivElement, content: Content, series: Series): Pane {
    if (content.kind !== 'stack') throw new Error(`a ${content.kind} view is not there yet`);
    return new StackPane(element, series, this.#streams.of(series));
  }

  /** The first image stands: the rest may load, and Streamlit's animations may run again (see document.py). */
  #painted(): void {
    this.#shown.resolve();
    this.#unstill();
    if (performance.getEntriesByName('readout:first-image').length > 0) return;
    performance.mark('readout:first-image');
  }

  #unstill(): void {
    document.getElementById('readout-still')?.remove();
  }

  #arrived(series: string, frame: number, complete: boolean): void {
    for (const viewport of this.#grid.cells) if (viewport.pane?.series.id === series) viewport.warm(frame);
    if (complete && this.#grid.active.pane?.series.id === series) performance.mark('readout:series-loaded');
  }

  #find(id: string): Series | undefined {
    return this.#payload.series.find((series) => series.id === id);
  }

  #stream(id: string) {
    return this.#streams.of(this.#find(id)!);
  }

  #act(action: Action): boolean {
    switch (action.do) {
      case 'help':
        if (this.#help.open) this.#help.close();
        else this.#help.showModal();
        return true;
      case 'close':
        if (!this.#help.open) return false;
        this.#help.close();
        return true;
      case 'overlays':
        this.#root.classList.toggle('rv-bare');
        return true;
      case 'fullscreen':
        void this.#toggleFullScreen();
        return true;
      case 'tool':
        return this.#chooseTool(action.tool);
      case 'undo':
        return this.#drawings.undo() || Boolean(this.#payload.marking);
      case 'redo':
        return this.#drawings.redo();
      case 'series':
        return this.#nextSeries(action.by);
      case 'viewport':
        return this.#grid.next();
      case 'layout':
        return this.#arrange(action.layout);
      case 'link':
        this.#links.turn(this.#grid.cells);
        this.#redraw();
        return true;
      case 'references':
        this.#links.references = !this.#links.references;
        this.#redraw();
        return true;
      default:
        return this.#actOnPane(action);
    }
  }

  #actOnPane(action: Action): boolean {
    const viewport = this.#grid.active;
    const pane = viewport.ready;
    if (!pane) return false;
    if (action.do === 'scroll') this.#go(viewport, pane.frame + action.by);
    else if (action.do === 'first') this.#go(viewport, 0);
    else if (action.do === 'last') this.#go(viewport, pane.frames - 1);
    else viewport.act(pane, action);
    this.#touch(viewport);
    return true;
  }

  #chooseTool(tool: Tool): boolean {
    if (tool === 'mark' && !this.#payload.marking) return false;
    this.#tool = tool;
    this.#touch(this.#grid.active);
    return true;
  }

  #nextSeries(by: 1 | -1): boolean {
    const all = this.#payload.series;
    const here = all.findIndex(({ id }) => id === this.#grid.active.pane?.series.id);
    const next = all[here + by];
    if (next) void this.#open(this.#grid.active, { kind: 'stack', series: next.id });
    return all.length > 1;
  }

  #arrange(layout: Layout): boolean {
    this.#grid.arrange(layout);
    for (const [n, cell] of this.#grid.cells.entries()) {
      if (cell.state === 'empty') void this.#open(cell, this.#fill(n).content);
    }
    this.#activated();
    return true;
  }

  #activated(): void {
    this.#redraw();
  }

  #double(viewport: Viewport): void {
    if (!this.#grid.toggleFull(viewport)) void this.#toggleFullScreen();
    this.#redraw();
  }

  #go(viewport: Viewport, frame: number): void {
    if (!viewport.go(frame)) return;
    this.#turn(viewport);
    for (const [other, to] of this.#links.followers(viewport, this.#grid.cells))
      if (other.go(to)) this.#turn(other);
    if (this.#links.references && this.#grid.cells.length > 1) this.#redraw();
  }

  #turn(viewport: Viewport): void {
    const { pane } = viewport;
    if (pane?.content.kind === 'stack') this.#streams.of(pane.series).turnTo(pane.frame);
    this.#touch(viewport);
  }

  #change(viewport: Viewport, change: (pane: Pane) => void): void {
    const pane = viewport.ready;
    if (!pane) return;
    change(pane);
    this.#touch(viewport);
  }

  #mark(viewport: Viewport, canvasPoint: Point2): void {
    const pane = viewport.ready;
    const most = Number(this.#payload.marking);
    if (!pane || !most) return;
    const { sheet, series, frame } = pane;
    const at = fromCanvas(sheet.toCanvas, canvasPoint);
    if (!onSheet(sheet, at)) return;
    const point =
      pane.content.kind === 'stack' ? toPatient(series, frame, at) : sheet.place && lift(sheet.place, at);
    const mark: Mark = point
      ? { space: 'patient', series: series.id, point }
      : { space: 'image', series: series.id, frame, point: at };
    this.#drawings.mark(mark, most);
  }

  /** Brings every viewport of the same space to the patient position under the pointer. */
  #crosshair(viewport: Viewport, canvasPoint: Point2): void {
    const pane = viewport.ready;
    const place = pane?.sheet.place;
    if (!pane || !place) return;
    const point = lift(place, fromCanvas(pane.sheet.toCanvas, canvasPoint));
    this.#links.cross(pane, point);
    for (const other of this.#grid.cells) {
      const frame = other !== viewport && other.ready ? this.#links.crossFrame(other.ready) : null;
      if (frame !== null && other.go(frame)) this.#turn(other);
    }
    this.#redraw();
  }

  #followJump(): void {
    const { jump } = this.#payload;
    if (!jump || jump.nonce === this.#jumped || !this.#grid.active.ready) return;
    this.#jumped = jump.nonce;
    void this.show(jump);
  }

  async #toggleFullScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (this.#root.requestFullscreen) await this.#root.requestFullscreen();
  }

  #redraw(): void {
    for (const viewport of this.#grid.visible) this.#touch(viewport);
  }

  /** Says where a viewport is, and redraws what stands on it; once a display frame at most. */
  #touch(viewport: Viewport): void {
    this.#publish(viewport);
    this.#dirty.add(viewport);
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const one of dirty) this.#draw(one);
      this.#tell();
      this.#memory.soon();
    });
  }

  #draw(viewport: Viewport): void {
    const pane = viewport.ready;
    if (!pane) return;
    const { sheet } = pane;
    const { outlines, series } = this.#payload;
    const probe = viewport.probe();
    const spaces = spacesOf(series);
    const others = this.#grid.visible.flatMap(({ ready }) => (ready && ready !== pane ? [ready] : []));
    const figures = [
      ...(this.#links.references ? referenceLines(pane, sheet, others) : []),
      ...outlineFigures(pane, sheet, outlines),
      ...markFigures(pane, sheet, this.#drawings.marks, spaces, outlines.length > 0),
      ...this.#links.crossFigures(pane, sheet),
    ];
    viewport.draw(pane, { figures, probe, dropped: viewport.dropped });
    viewport.element.dataset['probe'] = probe?.text ?? '';
    if (viewport !== this.#grid.active) return;
    this.#root.dataset['probe'] = probe?.text ?? '';
  }

  /** The controls, as the active viewport has them. */
  #tell(): void {
    const { active, layout, cells } = this.#grid;
    const pane = active.pane;
    if (pane) this.#toolbar.offer(pane.series, this.#payload.series, Boolean(this.#payload.marking));
    this.#toolbar.show(this.#tool, pane?.frames ?? 1, active.cine);
    this.#toolbar.layouts.show(layout, this.#links.state(active, cells), this.#links.references);
    this.#strip.show(
      cells.map(({ pane: one }) => one?.series.id ?? ''),
      pane?.series.id ?? '',
    );
  }

  #publish(viewport: Viewport): void {
    const { pane, state, element } = viewport;
    if (viewport === this.#grid.active) publish(this.#root, state, pane, this.#tool);
    publish(element, state, pane, this.#tool);
    const seen: Seen = {
      viewport: Number(element.dataset['viewport']),
      series: (viewport.ready && pane?.series.id) ?? null,
      frame: pane?.frame ?? 0,
      window: { center: pane?.window.center ?? 0, width: pane?.window.width ?? 0 },
    };
    const text = JSON.stringify(seen);
    if (this.#seen.get(viewport) === text) return;
    this.#seen.set(viewport, text);
    this.onView(seen);
  }

  #fail(message: string): void {
    this.#grid.active.say('error', message);
    this.#unstill();
    this.#publish(this.#grid.active);
  }

  #trouble(series: string, message: string): void {
    for (const viewport of this.#grid.cells) {
      if (viewport.pane?.series.id !== series) continue;
      if (viewport.state === 'loading' && message) viewport.say('error', message);
      else if (viewport.state === 'ready') viewport.status.textContent = message;
      if (viewport.state === 'error') this.#unstill();
      this.#publish(viewport);
    }
  }

  #remembered(): Remembered {
    const { cells, active, layout } = this.#grid;
    const { pending, annotations } = this.#drawings;
    const views = cells.map(({ view }) => view);
    return { layout, active: cells.indexOf(active), views, marks: pending, annotations, ...this.#links.kept };
  }

  /** For tests: where an image point of the frame shown lies on the page, in CSS pixels. */
  pagePoint(point: Point2, viewport = this.#grid.cells.indexOf(this.#grid.active)): Point2 | null {
    const { pane, element } = this.#grid.cells[viewport]!;
    if (!pane) return null;
    const box = element.getBoundingClientRect();
    const [x, y] = toCanvas(pane.sheet.toCanvas, point);
    return [box.left + x, box.top + y];
  }

  /** For tests: the canvas that shows the pixels. */
  get canvas(): HTMLCanvasElement | null {
    return this.#grid.active.pane?.canvas ?? null;
  }

  /** For tests: where the marks lie on their frames. */
  get places(): ({ frame: number; point: Point2 } | null)[] {
    return this.#drawings.marks.map((mark) => {
      const series = this.#find(mark.series);
      return series ? placeOf(series, mark) : null;
    });
  }
}

/** What a viewport shows, as attributes: on its cell, and on the root for the active one. */
function publish({ dataset }: HTMLElement, state: string, pane: Pane | null, tool: Tool): void {
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
