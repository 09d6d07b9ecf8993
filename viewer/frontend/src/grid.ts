/** The viewports side by side: one is active, and one may fill the whole area for a while. */
import type { Viewport } from './viewport';

export type Layout = '1' | '1x2' | '2x1' | '1+2' | '2x2';

export const LAYOUTS: Record<Layout, { readonly says: string; readonly cells: number }> = {
  '1': { says: 'One viewport', cells: 1 },
  '1x2': { says: 'Two side by side', cells: 2 },
  '2x1': { says: 'Two above each other', cells: 2 },
  '1+2': { says: 'One large, two small', cells: 3 },
  '2x2': { says: 'Four viewports', cells: 4 },
};

export class Grid {
  readonly element = document.createElement('div');
  readonly #make: () => Viewport;
  readonly #activated: () => void;
  #cells: Viewport[] = [];
  #active!: Viewport;
  #layout: Layout = '1';
  #full = false;

  constructor(make: () => Viewport, activated: () => void) {
    this.#make = make;
    this.#activated = activated;
    this.element.className = 'rv-stage';
    this.arrange('1');
  }

  get cells(): readonly Viewport[] {
    return this.#cells;
  }

  /** What is on screen: all, or the one that fills the area. */
  get visible(): readonly Viewport[] {
    return this.#full ? [this.#active] : this.#cells;
  }

  get active(): Viewport {
    return this.#active;
  }

  get layout(): Layout {
    return this.#layout;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Gives the grid so many cells. The active viewport stays, as the first if its cell goes. */
  arrange(layout: Layout): void {
    const { cells } = LAYOUTS[layout];
    this.#layout = layout;
    this.#full = false;
    if (this.#cells.indexOf(this.#active) >= cells) {
      this.#cells = [this.#active, ...this.#cells.filter((cell) => cell !== this.#active)];
    }
    while (this.#cells.length < cells) this.#cells.push(this.#make());
    for (const gone of this.#cells.splice(cells)) {
      gone.close();
      gone.element.remove();
    }
    this.#active ??= this.#cells[0]!;
    for (const [n, { element }] of this.#cells.entries()) {
      element.dataset['viewport'] = String(n + 1);
      if (this.element.children[n] !== element)
        this.element.insertBefore(element, this.element.children[n] ?? null);
    }
    this.#mark();
  }

  activate(viewport: Viewport): void {
    if (viewport === this.#active) return;
    this.#active = viewport;
    this.#mark();
    this.#activated();
  }

  /** Goes to the next viewport; false after the last one. */
  next(): boolean {
    const next = this.#cells[this.#cells.indexOf(this.#active) + 1] ?? this.#cells[0]!;
    if (next === this.#active) return false;
    this.activate(next);
    return true;
  }

  /** One viewport fills the area, or all are shown again; false when there is only one. */
  toggleFull(viewport: Viewport): boolean {
    if (this.#cells.length < 2) return false;
    this.activate(viewport);
    this.#full = !this.#full;
    this.#mark();
    return true;
  }

  #mark(): void {
    const { dataset } = this.element;
    dataset['layout'] = this.#full ? '1' : this.#layout;
    dataset['full'] = String(this.#full);
    for (const cell of this.#cells) {
      cell.element.hidden = this.#full && cell !== this.#active;
      cell.element.dataset['active'] = String(cell === this.#active);
    }
  }
}
