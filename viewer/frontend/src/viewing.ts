/**
 * The log of what was on screen, for how long: runs during which a viewport did not change.
 *
 * It goes to its own address in small messages, so that the page is never run for it. While the page is hidden, or
 * nobody has touched anything for a minute, no time counts. A message that did not arrive is sent again.
 */
import type { Seen } from './lightbox';
import type { Mark } from './payload';

/** Start and duration in ms since the viewer was opened, viewport, series, frame, window centre and width. */
export type Run = readonly [number, number, number, string, number, number, number];
export type Placed = readonly [number, readonly Mark[]];
type Message = { mount: string; number: number; runs: Run[]; marks: Placed[] };
type Open = { at: number; seen: Seen & { series: string } };

const IDLE_MS = 60_000;
const EVERY_MS = 3000;
const MOST = 400;
/** A window that is being dragged is one run, not one for each of its steps. */
const DRAG_MS = 150;

export class ViewingLog {
  readonly #send: (message: Message) => Promise<boolean>;
  readonly #now: () => number;
  readonly #begin: number;
  readonly #mount = crypto.getRandomValues(new Uint32Array(2)).join('');
  readonly #open = new Map<number, Open>();
  #touched: number;
  #runs: Run[] = [];
  #marks: Placed[] = [];
  #number = 0;
  #queue: Message[] = [];
  #sending = false;

  constructor(send: (message: Message) => Promise<boolean>, now: () => number) {
    this.#send = send;
    this.#now = now;
    this.#begin = this.#touched = now();
  }

  seen(seen: Seen): void {
    const open = this.#open.get(seen.viewport);
    const now = this.#now();
    this.#touched = now;
    const same = open && open.seen.series === seen.series && open.seen.frame === seen.frame;
    if (same && now - open.at < DRAG_MS) {
      this.#open.set(seen.viewport, { at: open.at, seen: { ...open.seen, window: seen.window } });
      return;
    }
    this.#close(seen.viewport, now);
    const { series } = seen;
    if (series !== null) this.#open.set(seen.viewport, { at: now, seen: { ...seen, series } });
    if (this.#runs.length >= MOST) void this.flush();
  }

  marks(marks: readonly Mark[]): void {
    this.#marks.push([Math.round(this.#now() - this.#begin), marks]);
  }

  /** Somebody is there: what is on screen counts. */
  touch(): void {
    const now = this.#now();
    if (now - this.#touched > IDLE_MS) this.#restart(now);
    this.#touched = now;
  }

  /** The page is hidden: nothing counts until it is shown again. */
  pause(): void {
    void this.flush();
    this.#open.clear();
  }

  /** What is on screen after a pause. */
  resume(views: readonly Seen[]): void {
    for (const seen of views) this.seen(seen);
  }

  /** Sends what there is, the time of what is on screen now included. */
  async flush(): Promise<void> {
    this.#restart(this.#now());
    if (this.#runs.length || this.#marks.length) {
      const number = this.#number++;
      this.#queue.push({ mount: this.#mount, number, runs: this.#runs, marks: this.#marks });
      this.#runs = [];
      this.#marks = [];
    }
    if (this.#sending) return;
    this.#sending = true;
    while (this.#queue[0] && (await this.#send(this.#queue[0]))) this.#queue.shift();
    this.#sending = false;
  }

  #restart(now: number): void {
    for (const [viewport, { seen }] of [...this.#open]) {
      this.#close(viewport, now);
      this.#open.set(viewport, { at: now, seen });
    }
  }

  #close(viewport: number, now: number): void {
    const open = this.#open.get(viewport);
    if (!open) return;
    this.#open.delete(viewport);
    const end = Math.min(now, Math.max(this.#touched + IDLE_MS, open.at));
    const { series, frame, window } = open.seen;
    const [start, duration] = [Math.round(open.at - this.#begin), Math.round(end - open.at)];
    if (duration <= 0) return;
    const rounded = (value: number) => Number(value.toPrecision(5));
    this.#runs.push([
      start,
      duration,
      viewport,
      series,
      frame,
      rounded(window.center),
      rounded(window.width),
    ]);
  }
}

/** Listens to a viewer and sends its log to `address`; the function it gives ends it. */
export function recordViewing(
  root: HTMLElement,
  address: string,
  views: () => readonly Seen[],
): { log: ViewingLog; stop(): void } {
  const send = async (message: Message): Promise<boolean> => {
    try {
      const body = JSON.stringify(message);
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(address, { method: 'POST', keepalive: true, headers, body });
      // What the server refuses it will refuse again; what it could not take is sent again.
      return response.status < 500;
    } catch {
      return false;
    }
  };
  const log = new ViewingLog(send, () => performance.now());
  const touch = () => log.touch();
  const flush = () => void log.flush();
  const turn = () => (document.hidden ? log.pause() : log.resume(views()));
  const timer = window.setInterval(flush, EVERY_MS);
  // Before an answer is committed, what was seen for it has arrived: leaving the images sends it.
  root.addEventListener('pointerleave', flush);
  root.addEventListener('focusout', flush);
  for (const name of ['pointermove', 'keydown', 'wheel'])
    window.addEventListener(name, touch, { passive: true, capture: true });
  document.addEventListener('visibilitychange', turn);
  window.addEventListener('pagehide', flush);
  const stop = () => {
    flush();
    clearInterval(timer);
    root.removeEventListener('pointerleave', flush);
    root.removeEventListener('focusout', flush);
    for (const name of ['pointermove', 'keydown', 'wheel']) window.removeEventListener(name, touch, true);
    document.removeEventListener('visibilitychange', turn);
    window.removeEventListener('pagehide', flush);
  };
  return { log, stop };
}
