/** The viewer of one case: owns the image area, its series and tools; Python owns what is asked and answered. */
import { Cine } from './cine';
import { FrameStream } from './frames';
import { markAt, placeOf } from './geometry';
import { helpDialog } from './help';
import { type Action, listenForKeys, type Tool } from './keys';
import { Overlay, type Probe } from './overlay';
import { Pane, toCanvasPoint, toImagePoint } from './pane';
import type { Mark, Payload, Point2, Series, Window } from './payload';
import { listenToPointers } from './pointer';
import { Rail } from './rail';
import { Toolbar } from './toolbar';
import { draggedWindow, valueText } from './values';

export class Viewer {
  readonly #root: HTMLElement;
  readonly #emit: (marks: readonly Mark[]) => void;
  readonly #stage = document.createElement('div');
  readonly #status = document.createElement('div');
  readonly #overlay = new Overlay();
  readonly #help = helpDialog();
  readonly #rail = new Rail((frame) => this.#go(frame));
  readonly #toolbar: Toolbar;
  readonly #streams = new Map<string, FrameStream>();
  readonly #stops: (() => void)[] = [];
  readonly #shown = Promise.withResolvers<void>();
  #payload: Payload;
  #series: Series | null = null;
  #stream: FrameStream | null = null;
  #pane: Pane | null = null;
  #cine: Cine | null = null;
  #tool: Tool = 'window';
  #marks: readonly Mark[];
  #undo: (readonly Mark[])[] = [];
  #pointer: Point2 | null = null;
  #jumped = '';
  #drawing = 0;

  constructor(root: HTMLElement, payload: Payload, emit: (marks: readonly Mark[]) => void) {
    this.#root = root;
    this.#payload = payload;
    this.#marks = payload.marks;
    this.#emit = emit;
    this.#toolbar = new Toolbar((action) => void this.#act(action), {
      rate: (rate) => this.#cine?.setRate(rate),
      sweep: (on) => this.#setSweep(on),
    });
    this.#build();
    this.#state('loading');
    performance.mark('readout:open');
    const [first] = payload.series;
    if (payload.error || !first) this.#fail(payload.error ?? 'This case has no images.');
    else void this.#open(payload.jump ? (this.#find(payload.jump.series) ?? first) : first);
  }

  /** Takes what Python says now; the images stay as they are unless it asks for a jump. */
  update(payload: Payload): void {
    const committed = payload.outlines.length > 0 && this.#payload.outlines.length === 0;
    this.#payload = payload;
    if (!payload.marking || committed) this.#marks = payload.marks;
    if (!payload.marking && this.#tool === 'mark') this.#tool = 'window';
    this.#toolbar.offerMark(payload.marking);
    this.#showFindings();
    this.#followJump();
    this.#draw();
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    for (const stream of this.#streams.values()) stream.stop();
    this.#cine?.stop();
    this.#pane?.destroy();
    cancelAnimationFrame(this.#drawing);
    this.#root.replaceChildren();
  }

  #build(): void {
    const root = this.#root;
    root.dataset['testid'] = 'viewer';
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', 'Image viewer');
    this.#stage.className = 'rv-stage';
    this.#status.className = 'rv-status';
    this.#status.setAttribute('role', 'status');
    root.replaceChildren(this.#toolbar.element, this.#stage, this.#help);
    this.#stage.append(this.#overlay.element, this.#rail.element, this.#status);
    this.#toolbar.element.addEventListener('series', (event) => {
      const next = this.#payload.series[(event as CustomEvent<number>).detail];
      if (next) void this.#open(next);
    });
    this.#stops.push(
      listenForKeys((action) => this.#act(action)),
      listenToPointers(this.#stage, {
        tool: () => this.#tool,
        scroll: (by) => this.#go((this.#pane?.frame ?? 0) + by),
        coarseStep: () => Math.max(1, Math.round((this.#series?.frames ?? 1) / 20)),
        window: (dx, dy) => this.#dragWindow(dx, dy),
        pan: (dx, dy) => this.#change((pane) => pane.pan(dx, dy)),
        zoom: (factor, at) => this.#change((pane) => pane.zoomBy(factor, at)),
        probe: (at) => this.#probeAt(at),
        mark: (at) => this.#mark(at),
        toggleFullScreen: () => void this.#toggleFullScreen(),
        menu: (at) => this.#stage.append(this.#toolbar.menu(at)),
      }),
    );
    const resized = new ResizeObserver(() => {
      this.#pane?.resize();
      this.#draw();
    });
    resized.observe(this.#stage);
    this.#stops.push(() => resized.disconnect());
  }

  async #open(series: Series): Promise<void> {
    this.#cine?.stop();
    this.#pane?.destroy();
    this.#stage.querySelector('.rv-pane')?.remove();
    this.#series = series;
    this.#state('loading');
    const stream = this.#streamOf(series);
    this.#stream = stream;
    const element = document.createElement('div');
    element.className = 'rv-pane';
    this.#stage.prepend(element);
    try {
      const pane = new Pane(element, series, stream);
      this.#pane = pane;
      this.#cine = new Cine(series.frameTimeMs, (by) => this.#step(by));
      this.#toolbar.offer(series, this.#payload.series, this.#payload.marking);
      this.#rail.open(series.frames, (frame) => stream.has(frame));
      await pane.open();
      if (this.#pane !== pane) return;
      pane.onRender = () => this.#draw();
      this.#opened(pane, stream);
    } catch (error) {
      this.#fail(`${series.label} cannot be shown here: ${error instanceof Error ? error.message : error}`);
    }
  }

  #opened(pane: Pane, stream: FrameStream): void {
    for (let frame = 0; frame < pane.series.frames; frame++) if (stream.has(frame)) pane.warm(frame);
    this.#state('ready');
    this.#showFindings();
    this.#followJump();
    this.#draw();
    requestAnimationFrame(() => this.#painted());
  }

  /** The first image stands: the rest may load, and Streamlit's animations may run again (see document.py). */
  #painted(): void {
    this.#shown.resolve();
    document.getElementById('readout-still')?.remove();
    if (performance.getEntriesByName('readout:first-image').length > 0) return;
    performance.mark('readout:first-image');
  }

  #streamOf(series: Series): FrameStream {
    const known = this.#streams.get(series.id);
    if (known) return known;
    const stream = new FrameStream(series);
    this.#streams.set(series.id, stream);
    stream.onFrame = (frame) => {
      if (this.#stream !== stream) return;
      if (this.#root.dataset['state'] === 'ready') this.#pane?.warm(frame);
      this.#rail.loaded();
      if (stream.complete) performance.mark('readout:series-loaded');
    };
    stream.onError = (message) => this.#trouble(message);
    void stream.start(this.#shown.promise);
    return stream;
  }

  #find(id: string): Series | undefined {
    return this.#payload.series.find((series) => series.id === id);
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
        return this.#undoMark();
      case 'series':
        return this.#nextSeries(action.by);
      default:
        return this.#actOnPane(action);
    }
  }

  #actOnPane(action: Action): boolean {
    const pane = this.#pane;
    if (!pane || this.#root.dataset['state'] !== 'ready') return false;
    const { series } = pane;
    switch (action.do) {
      case 'scroll':
        this.#go(pane.frame + action.by);
        break;
      case 'first':
        this.#go(0);
        break;
      case 'last':
        this.#go(series.frames - 1);
        break;
      case 'preset':
        if (series.presets[action.index]) pane.window = series.presets[action.index]!;
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
        if (series.frames > 1) this.#cine?.toggle();
        break;
    }
    this.#draw();
    return true;
  }

  #chooseTool(tool: Tool): boolean {
    if (tool === 'mark' && !this.#payload.marking) return false;
    this.#tool = tool;
    this.#draw();
    return true;
  }

  #nextSeries(by: 1 | -1): boolean {
    const all = this.#payload.series;
    const next = this.#series && all[all.indexOf(this.#series) + by];
    if (next) void this.#open(next);
    return all.length > 1;
  }

  #go(frame: number): void {
    const pane = this.#pane;
    if (!pane) return;
    const target = Math.min(pane.series.frames - 1, Math.max(0, frame));
    if (target === pane.frame) return;
    this.#stream?.turnTo(target);
    pane.frame = target;
    this.#draw();
  }

  /** Cine: moves on, around the ends of a loop. */
  #step(by: number): { frame: number; frames: number } {
    const frames = this.#series?.frames ?? 1;
    const target = (this.#pane?.frame ?? 0) + by;
    this.#go(this.#cine?.sweep ? target : ((target % frames) + frames) % frames);
    return { frame: this.#pane?.frame ?? 0, frames };
  }

  #setSweep(on: boolean): void {
    if (this.#cine) this.#cine.sweep = on;
  }

  #change(change: (pane: Pane) => void): void {
    if (!this.#pane || this.#root.dataset['state'] !== 'ready') return;
    change(this.#pane);
    this.#draw();
  }

  #dragWindow(dx: number, dy: number): void {
    this.#change((pane) => {
      pane.window = draggedWindow(pane.series, pane.window, dx, dy);
    });
  }

  #probeAt(at: Point2 | null): void {
    this.#pointer = at;
    this.#draw();
  }

  #probe(): Probe | null {
    const pane = this.#pane;
    if (!pane || !this.#pointer) return null;
    const { series, frame } = pane;
    const [column, row] = toImagePoint(pane.imageToCanvas, this.#pointer).map(Math.round) as [number, number];
    if (column < 0 || row < 0 || column >= series.columns || row >= series.rows) return null;
    const values = this.#stream?.peek(frame);
    if (!values) return null;
    const at = (row * series.columns + column) * series.samples;
    const value = valueText(series, values.subarray(at, at + series.samples));
    return { column, row, text: `${value}   (${column}, ${row})` };
  }

  #mark(at: Point2): void {
    const pane = this.#pane;
    if (!pane || !this.#payload.marking) return;
    const [column, row] = toImagePoint(pane.imageToCanvas, at);
    const { series } = pane;
    if (column < -0.5 || row < -0.5 || column > series.columns - 0.5 || row > series.rows - 0.5) return;
    this.#undo.push(this.#marks);
    this.#setMarks([markAt(series, pane.frame, [column, row])]);
  }

  #undoMark(): boolean {
    const before = this.#payload.marking ? this.#undo.pop() : undefined;
    if (before) this.#setMarks(before);
    return this.#payload.marking;
  }

  #setMarks(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#emit(marks);
    this.#draw();
  }

  #followJump(): void {
    const { jump } = this.#payload;
    if (!jump || jump.nonce === this.#jumped || this.#root.dataset['state'] !== 'ready') return;
    const series = this.#find(jump.series);
    if (series && series !== this.#series) return void this.#open(series);
    this.#jumped = jump.nonce;
    const pane = this.#pane;
    if (!pane) return;
    this.#cine?.stop();
    this.#go(jump.frame);
    if (jump.window) pane.window = jump.window;
    if (jump.point) this.#bringIntoView(pane, jump.point);
  }

  /** Moves a place to the middle when it lies outside the visible part. */
  #bringIntoView(pane: Pane, point: Point2): void {
    const [x, y] = toCanvasPoint(pane.imageToCanvas, point);
    const { clientWidth: width, clientHeight: height } = this.#stage;
    const visible = x > 0.1 * width && x < 0.9 * width && y > 0.1 * height && y < 0.9 * height;
    if (!visible) pane.pan(width / 2 - x, height / 2 - y);
  }

  #showFindings(): void {
    const { outlines, marking } = this.#payload;
    const here = outlines.filter((outline) => outline.series === this.#series?.id);
    this.#rail.findings(here.map((outline) => outline.frame));
    this.#root.classList.toggle('rv-marking', marking);
  }

  async #toggleFullScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (this.#root.requestFullscreen) await this.#root.requestFullscreen();
  }

  /** Redraws letters, texts and marks, and says where the viewer is; once a display frame at most. */
  #draw(): void {
    const pane = this.#pane;
    if (pane) this.#publish(pane, pane.window);
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      const now = this.#pane;
      if (!now || this.#root.dataset['state'] !== 'ready') return;
      const probe = this.#probe();
      this.#overlay.draw(now, this.#marks, this.#payload.outlines, probe);
      this.#rail.at(now.frame);
      this.#root.dataset['probe'] = probe?.text ?? '';
      const { playing = false, rate = 1, sweep = false } = this.#cine ?? {};
      this.#toolbar.show(this.#tool, playing, rate, sweep);
      this.#root.classList.toggle('rv-waiting', !this.#stream?.has(now.frame));
    });
  }

  #publish(pane: Pane, window: Window): void {
    const { dataset } = this.#root;
    dataset['series'] = pane.series.id;
    dataset['frame'] = String(pane.frame + 1);
    dataset['frames'] = String(pane.series.frames);
    dataset['windowCenter'] = String(Number(window.center.toFixed(2)));
    dataset['windowWidth'] = String(Number(window.width.toFixed(2)));
    dataset['tool'] = this.#tool;
  }

  #state(state: 'loading' | 'ready' | 'error'): void {
    this.#root.dataset['state'] = state;
    this.#status.textContent = state === 'loading' ? 'Loading the images…' : '';
  }

  #fail(message: string): void {
    this.#state('error');
    document.getElementById('readout-still')?.remove();
    this.#status.textContent = message;
  }

  #trouble(message: string): void {
    if (this.#root.dataset['state'] === 'loading' && message) this.#fail(message);
    else if (this.#root.dataset['state'] === 'ready') this.#status.textContent = message;
  }

  /** For tests: where an image point of the frame shown lies on the page, in CSS pixels. */
  pagePoint(point: Point2): Point2 | null {
    if (!this.#pane) return null;
    const box = this.#stage.getBoundingClientRect();
    const [x, y] = toCanvasPoint(this.#pane.imageToCanvas, point);
    return [box.left + x, box.top + y];
  }

  /** For tests: the canvas that shows the pixels. */
  get canvas(): HTMLCanvasElement | null {
    return this.#pane?.canvas ?? null;
  }

  /** For tests: where the marks lie on their frames. */
  get places(): ({ frame: number; point: Point2 } | null)[] {
    return this.#marks.map((mark) => {
      const series = this.#find(mark.series);
      return series ? placeOf(series, mark) : null;
    });
  }
}
