/** Marks without a mouse: Enter shows a cursor on the active image, the arrow keys move it, Enter places the mark. */
import type { Point2 } from './payload';

type Host = {
  /** Whether the tool that places marks is in the hand. */
  marking(): boolean;
  /** The active image area. */
  area(): HTMLElement;
  place(at: Point2): void;
};

const STEP = 1 / 50;
const FINE_PX = 1;
const WAYS: Record<string, Point2> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const OWN_KEYS =
  'input, textarea, button, a, select, summary, [role=radio], [role=tab], [role=option], [role=slider]';

export class Cursor {
  readonly #host: Host;
  readonly #element = document.createElement('div');
  #at: Point2 | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.#element.className = 'rv-cursor';
    this.#element.setAttribute('role', 'status');
  }

  /** Begins to listen, before the other keys do; the function it gives ends it. */
  listen(): () => void {
    const keydown = (event: KeyboardEvent) => {
      const target = event.composedPath()[0];
      const away = target instanceof Element && target.closest(OWN_KEYS) && !target.closest('.rv');
      if (!this.#host.marking()) this.hide();
      else if (!away && this.#key(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    };
    const hide = () => this.hide();
    window.addEventListener('keydown', keydown, true);
    window.addEventListener('pointerdown', hide, true);
    return () => {
      window.removeEventListener('keydown', keydown, true);
      window.removeEventListener('pointerdown', hide, true);
      this.hide();
    };
  }

  hide(): void {
    this.#at = null;
    this.#element.remove();
  }

  #key({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const way = WAYS[key];
    if (key === 'Enter') {
      if (this.#at) this.#host.place(this.#at);
      else this.#show([0.5, 0.5]);
      return true;
    }
    if (!this.#at) return false;
    if (key === 'Escape') this.hide();
    else if (way) this.#move(way, shiftKey);
    else return false;
    return true;
  }

  #show([x, y]: Point2): void {
    const { width, height } = this.#host.area().getBoundingClientRect();
    this.#put([x * width, y * height]);
    this.#element.setAttribute('aria-label', 'Cursor in the middle of the image');
  }

  #move([dx, dy]: Point2, fine: boolean): void {
    const { width, height } = this.#host.area().getBoundingClientRect();
    const step = fine ? FINE_PX : Math.min(width, height) * STEP;
    const [x, y] = this.#at!;
    this.#put([
      Math.min(width - 1, Math.max(0, x + dx * step)),
      Math.min(height - 1, Math.max(0, y + dy * step)),
    ]);
  }

  #put(at: Point2): void {
    this.#at = at;
    this.#element.style.transform = `translate(${at[0]}px, ${at[1]}px)`;
    this.#host.area().append(this.#element);
  }
}
