/** The viewer of one case: viewports, tools and what is drawn; Python owns what is asked and answered. */
import { Cursor } from './cursor';
import { Drawings } from './drawings';
import type { Editor } from './editing';
import { markFigures, markOn, outlineFigures, spacesOf } from './figures';
import { placeOf } from './geometry';
import { helpDialog } from './help';
import { type Action, listenForKeys, type Tool } from './keys';
import { Lightbox, type Seen, type Target } from './lightbox';
import { Memory, type Remembered } from './memory';
import type { Pane } from './pane';
import type { Annotation, Mark, Payload, Point2, Point3 } from './payload';
import { listenToPointers, type Stroke } from './pointer';
import { drop, toCanvas } from './sheet';
import { Strip } from './strip';
import { gripFigures, spinning, tilting, turning } from './tilting';
import { Toolbar } from './toolbar';
import { draggedWindow } from './values';
import { publish, type Viewport } from './viewport';

export type Told = {
  marks(marks: readonly Mark[]): void;
  annotations(annotations: readonly Annotation[]): void;
};

export class Viewer {
  /** Called when what is on screen in a viewport has changed: another series, image or window. */
  onView: (seen: Seen) => void = () => {};
  /** Called whenever something of a viewport may be another, placement and pointer included. */
  onChange: () => void = () => {};
  readonly #root: HTMLElement;
  readonly #told: Told;
  readonly #help = helpDialog();
  readonly #box: Lightbox;
  readonly #toolbar: Toolbar;
  readonly #strip: Strip;
  readonly #drawings: Drawings;
  readonly #memory: Memory;
  readonly #stops: (() => void)[] = [];
  readonly #joined = Promise.withResolvers<void>();
  #payload: Payload;
  #editor: Editor | null = null;
  #tool: Tool = 'window';
  /** Marking was asked for before the page had said whether there is anything to mark. */
  #markingWished = false;
  #jumped = '';

  constructor(root: HTMLElement, payload: Payload, told: Told) {
    this.#root = root;
    this.#told = told;
    this.#payload = payload;
    this.#memory = new Memory(payload, () => this.#remembered());
    const known = this.#memory.recall();
    const marks = known?.marks ?? [];
    const annotations = payload.annotations.length ? payload.annotations : (known?.annotations ?? []);
    this.#drawings = new Drawings({ marks, annotations }, payload.marks, told, () => this.#box.redraw());
    // Before the page has said what it asks, marks of the last visit wait; see `join`.
    if (!payload.early) {
      this.#drawings.commit(payload.marks, Boolean(payload.marking));
      this.#joined.resolve();
    }
    this.#strip = new Strip(payload.series, (id) => this.#openSeries(id));
    this.#box = this.#lightbox();
    this.#toolbar = new Toolbar((action) => void this.#act(action), {
      rate: (rate) => this.#box.grid.active.cine.setRate(rate),
      sweep: (on) => {
        this.#box.grid.active.cine.sweep = on;
      },
      series: (id) => this.#openSeries(id),
      content: (content) => void this.#box.open(this.#box.grid.active, content),
      slab: (slab) =>
        this.#change((pane) => {
          if (pane.slab) pane.slab = slab;
        }),
      fusion: (fusion) =>
        this.#change((pane) => {
          if (pane.fusion) pane.fusion = fusion;
        }),
    });
    this.#build();
    performance.mark('readout:open');
    if (payload.error || !payload.series.length) {
      this.#box.fail(this.#box.grid.active, payload.error ?? 'This case has no images.');
    } else void this.#start(known);
  }

  /** Takes what Python says now; the images stay as they are unless it asks for a jump. */
  update(payload: Payload): void {
    this.#payload = payload;
    const marking = Boolean(payload.marking);
    this.#drawings.commit(payload.marks, marking);
    if (!marking && this.#tool === 'mark') this.#tool = 'window';
    if (marking && this.#markingWished) this.#chooseTool('mark');
    this.#markingWished = false;
    this.#toolbar.offerMark(marking);
    for (const viewport of this.#box.grid.cells) viewport.findings(payload);
    this.#followJump();
    this.#box.redraw();
  }

  /** Takes on the attempt that what is on screen turns out to belong to; `update` does the rest. */
  join(payload: Payload): void {
    this.#memory.payload = payload;
    this.#memory.soon();
    this.#joined.resolve();
    if (payload.annotations.length) this.#drawings.restore(payload.annotations);
  }

  /** Tells Python what is drawn and not committed, if anything is. */
  tell(): void {
    if (this.#drawings.pending.length) this.#told.marks(this.#drawings.pending);
    if (this.#drawings.annotations.length) this.#told.annotations(this.#drawings.annotations);
  }

  /** The viewports, for who moves them from elsewhere. */
  get box(): Lightbox {
    return this.#box;
  }

  /** What is on screen now. */
  get views(): readonly Seen[] {
    return this.#box.views;
  }

  /** All marks on the images, the committed ones first. */
  get marks(): readonly Mark[] {
    return this.#drawings.marks;
  }

  /** Shows a place, as a jump of a reveal or a replay does; `frame` is zero-based. */
  show(target: Target): Promise<void> {
    return this.#box.show(target);
  }

  destroy(): void {
    this.#memory.stop();
    for (const stop of this.#stops) stop();
    this.#box.stop();
    this.#root.replaceChildren();
  }

  #build(): void {
    const root = this.#root;
    root.dataset['testid'] = 'viewer';
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', 'Image viewer');
    root.dataset['state'] = 'loading';
    root.replaceChildren(this.#toolbar.element, this.#strip.element, this.#box.grid.element, this.#help);
    const cursor = new Cursor({
      marking: () => this.#tool === 'mark',
      area: () => this.#box.grid.active.element,
      place: (at) => this.#mark(this.#box.grid.active, at),
    });
    // The cursor's keys come first: while it is shown, the arrow keys are its own.
    this.#stops.push(
      cursor.listen(),
      listenForKeys((action) => this.#act(action)),
    );
  }

  #lightbox(): Lightbox {
    return new Lightbox({
      joined: this.#joined.promise,
      series: () => this.#payload.series,
      findings: () => this.#payload,
      figures: (viewport, pane, sheet) => {
        const { outlines } = this.#payload;
        return [
          ...outlineFigures(pane, sheet, outlines),
          ...markFigures(pane, sheet, this.#drawings.marks, this.#spaces(), outlines.length > 0),
          ...(this.#editor?.figures(viewport, pane, sheet) ?? []),
          ...(this.#tool === 'crosshair' ? gripFigures(viewport, this.#box) : []),
        ];
      },
      made: (viewport) => this.#listen(viewport),
      changed: (viewport) => {
        this.#publish(viewport);
        this.onChange();
      },
      drawn: () => this.#tell(),
      seen: (seen) => this.onView(seen),
    });
  }

  #listen(viewport: Viewport): void {
    const { element } = viewport;
    const change = (act: (pane: Pane) => void): void => this.#change(act, viewport);
    this.#stops.push(
      this.#strip.acceptDrops(element, (id) => {
        this.#box.grid.activate(viewport);
        this.#openSeries(id);
      }),
      listenToPointers(element, {
        tool: () => this.#tool,
        down: () => this.#box.grid.activate(viewport),
        scroll: (by) => this.#box.go(viewport, (viewport.pane?.frame ?? 0) + by),
        coarseStep: () => Math.max(1, Math.round((viewport.pane?.frames ?? 1) / 20)),
        window: (dx, dy) =>
          change((pane) => {
            pane.window = draggedWindow(pane.series, pane.window, dx, dy);
          }),
        pan: (dx, dy) => change((pane) => pane.pan(dx, dy)),
        zoom: (factor, at) => change((pane) => pane.zoomBy(factor, at)),
        probe: (at) => {
          viewport.pointer = at;
          this.#editor?.hover(viewport, at);
          this.#box.touch(viewport);
        },
        grab: (at, tool) => this.#grab(viewport, tool, at),
        mark: (at) => this.#mark(viewport, at),
        crosshair: (at) => this.#box.cross(viewport, at),
        double: () => {
          if (!this.#box.grid.toggleFull(viewport)) void this.#toggleFullScreen();
          this.#box.redraw();
        },
        menu: (at) => element.append(this.#toolbar.menu(at)),
      }),
    );
  }

  #change(act: (pane: Pane) => void, viewport = this.#box.grid.active): void {
    const pane = viewport.ready;
    if (!pane) return;
    act(pane);
    this.#box.touch(viewport);
  }

  async #start(known: Remembered | null): Promise<void> {
    const { jump, series } = this.#payload;
    await this.#box.start(known, jump && this.#box.find(jump.series) ? jump.series : series[0]!.id);
    this.#followJump();
    await this.#box.shown;
    this.tell();
    await this.#equip();
  }

  /** Loads what draws and measures, once the first image stands. */
  async #equip(): Promise<void> {
    const { Editor } = await import('./editing');
    this.#editor = new Editor({
      drawings: this.#drawings,
      find: (id) => this.#box.find(id),
      spaces: () => this.#spaces(),
      redraw: () => this.#box.redraw(),
    });
    this.#root.dataset['tools'] = 'ready';
    this.#box.redraw();
  }

  #spaces(): ReadonlyMap<string, string> {
    return spacesOf(this.#payload.series);
  }

  #openSeries(id: string): void {
    void this.#box.open(this.#box.grid.active, { kind: 'stack', series: id });
  }

  #act(action: Action): boolean {
    const { grid, links } = this.#box;
    switch (action.do) {
      case 'help':
        if (this.#help.open) this.#help.close();
        else this.#help.showModal();
        return true;
      case 'close':
        if (!this.#help.open) return this.#editor?.cancel() ?? false;
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
      case 'delete':
        return this.#editor?.remove() ?? false;
      case 'edit-presets':
        void this.#editPresets();
        return true;
      case 'series':
        return this.#box.turnSeries(action.by);
      case 'viewport':
        return grid.next();
      case 'layout':
        this.#box.arrange(action.layout);
        return true;
      case 'hang':
        void this.#box.hang(action.hanging);
        return true;
      case 'link':
        links.turn(grid.cells);
        this.#box.redraw();
        return true;
      case 'references':
        links.references = !links.references;
        this.#box.redraw();
        return true;
      default:
        return this.#actOnPane(action);
    }
  }

  async #editPresets(): Promise<void> {
    const series = this.#box.grid.active.ready?.series;
    if (!series) return;
    const { presetDialog } = await import('./presetdialog');
    const dialog = presetDialog(series, () => {
      this.#toolbar.offerAnew();
      this.#box.redraw();
    });
    this.#root.append(dialog);
    dialog.showModal();
  }

  #actOnPane(action: Action): boolean {
    const viewport = this.#box.grid.active;
    const pane = viewport.ready;
    if (!pane) return false;
    if (action.do === 'scroll') this.#box.go(viewport, pane.frame + action.by);
    else if (action.do === 'first') this.#box.go(viewport, 0);
    else if (action.do === 'last') this.#box.go(viewport, pane.frames - 1);
    else viewport.act(pane, action);
    this.#box.touch(viewport);
    return true;
  }

  #chooseTool(tool: Tool): boolean {
    this.#markingWished = tool === 'mark' && this.#payload.early === true;
    if (tool === 'mark' && !this.#payload.marking) return false;
    this.#tool = tool;
    this.#editor?.cancel();
    this.#box.links.crossShown = tool === 'crosshair';
    this.#box.redraw();
    return true;
  }

  /** Who takes a drag over: a projection that is turned, a plane that is tilted, or what draws. */
  #grab(viewport: Viewport, tool: Tool, at: Point2): Stroke | null {
    const pane = viewport.ready;
    if (pane?.pick && tool !== 'pan' && tool !== 'zoom') return turning(viewport, pane, at, this.#box);
    if (pane?.spin && tool !== 'pan' && tool !== 'zoom') return spinning(pane, at);
    if (tool === 'crosshair') return tilting(viewport, at, this.#box);
    return this.#editor?.grab(viewport, tool, at) ?? null;
  }

  #mark(viewport: Viewport, canvasPoint: Point2): void {
    const most = Number(this.#payload.marking);
    const mark = viewport.ready && markOn(viewport.ready, canvasPoint);
    if (mark && most) this.#drawings.mark(mark, most);
  }

  #followJump(): void {
    const { jump } = this.#payload;
    if (!jump || jump.nonce === this.#jumped || !this.#box.grid.active.ready) return;
    this.#jumped = jump.nonce;
    void this.show(jump);
  }

  async #toggleFullScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (this.#root.requestFullscreen) await this.#root.requestFullscreen();
  }

  #publish(viewport: Viewport): void {
    const { state, pane, element } = viewport;
    publish(element, state, pane, this.#tool);
    if (viewport === this.#box.grid.active) publish(this.#root, state, pane, this.#tool);
  }

  /** The controls, as the active viewport has them; and where the pointer is. */
  #tell(): void {
    const { grid, links } = this.#box;
    const { active, layout, cells } = grid;
    const { pane } = active;
    for (const { element, probed } of cells) element.dataset['probe'] = probed;
    this.#root.dataset['probe'] = cells.find(({ pointer }) => pointer)?.probed ?? '';
    if (pane) this.#toolbar.offer(pane.series, this.#payload.series, Boolean(this.#payload.marking));
    this.#toolbar.show(this.#tool, pane?.frames ?? 1, active.cine);
    this.#toolbar.planes.show(active.ready, this.#payload.series);
    this.#toolbar.layouts.show(layout, links.state(active, cells), links.references);
    this.#strip.show(
      cells.map((cell) => cell.pane?.series.id ?? ''),
      pane?.series.id ?? '',
    );
    this.#memory.soon();
  }

  #remembered(): Remembered {
    const { grid, links } = this.#box;
    const { pending, annotations } = this.#drawings;
    const views = grid.cells.map(({ view }) => view);
    const active = grid.cells.indexOf(grid.active);
    return { layout: grid.layout, active, views, marks: pending, annotations, ...links.kept };
  }

  /** For tests: where a point of the sheet shown lies on the page, in CSS pixels. */
  pagePoint(point: Point2, viewport = this.#box.grid.cells.indexOf(this.#box.grid.active)): Point2 | null {
    const { pane, element } = this.#box.grid.cells[viewport]!;
    if (!pane) return null;
    const box = element.getBoundingClientRect();
    const [x, y] = toCanvas(pane.sheet.toCanvas, point);
    return [box.left + x, box.top + y];
  }

  /** For tests: where a patient position (LPS, mm) is shown on the page, and CSS pixels for a mm. */
  patientPoint(point: Point3, viewport: number): Point2 | null {
    const place = this.#box.grid.cells[viewport]?.pane?.sheet.place;
    return place ? this.pagePoint(drop(place, point).at, viewport) : null;
  }

  scaleOf(viewport: number): number {
    const { toCanvas, scale } = this.#box.grid.cells[viewport]!.pane!.sheet;
    return Math.hypot(toCanvas[0], toCanvas[1]) / (scale?.[0] ?? 1);
  }

  /** For tests: the canvas that shows the pixels. */
  get canvas(): HTMLCanvasElement | null {
    return this.#box.grid.active.pane?.canvas ?? null;
  }

  /** For tests: where the marks lie on their frames. */
  get places(): ({ frame: number; point: Point2 } | null)[] {
    return this.#drawings.marks.map((mark) => {
      const series = this.#box.find(mark.series);
      return series ? placeOf(series, mark) : null;
    });
  }
}
