/** How an attempt looked when the page was left, and how a case was laid out the last time. */
import type { Layout } from './grid';
import type { Offsets } from './links';
import type { Annotation, Mark, Payload } from './payload';
import { recall, remember } from './storage';
import type { View } from './viewport';

export type Remembered = {
  readonly layout: Layout;
  /** Index of the active viewport. */
  readonly active: number;
  readonly views: readonly (View | null)[];
  readonly marks: readonly Mark[];
  readonly annotations: readonly Annotation[];
  readonly linked: boolean;
  readonly references: boolean;
  readonly offsets: Offsets;
};

const RESTED_MS = 400;

export class Memory {
  /** Which attempt and case it is; without a key nothing is written down. */
  payload: Payload;
  readonly #now: () => Remembered;
  readonly #leave = (): void => this.flush();
  #timer = 0;

  constructor(payload: Payload, now: () => Remembered) {
    this.payload = payload;
    this.#now = now;
    window.addEventListener('pagehide', this.#leave);
  }

  /** The attempt as it was left; else the case's layout and what was in it. */
  recall(): Remembered | null {
    const { key, case: slug, series } = this.payload;
    const known = recall<Remembered>('view', key) ?? recall<Remembered>('layout', slug);
    const ids = new Set(series.map(({ id }) => id));
    const whole = known?.views?.every((view) => !view || ids.has(view.content.series));
    return known && whole ? known : null;
  }

  /** Writes down how it looks, once the reader rests. */
  soon(): void {
    this.#timer ||= window.setTimeout(() => this.flush(), RESTED_MS);
  }

  flush(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { key, case: slug } = this.payload;
    const now = this.#now();
    if (now.views.includes(null) || !key) return;
    remember('view', key, now);
    remember('attempt', slug, key);
    const views = now.views.map((view) => view && { content: view.content });
    remember('layout', slug, { ...now, views, marks: [], annotations: [], offsets: {} });
  }

  stop(): void {
    this.flush();
    window.removeEventListener('pagehide', this.#leave);
  }
}
