/** Which viewports are scrolled together, and the crosshair that goes through all of them. */
import { svg } from './figures';
import { linkedFrame, type Offset, offsetFrame, sameSpace } from './linking';
import { type Pane, spaceOf } from './pane';
import type { Point3 } from './payload';
import { along, drop, normalOf, type Sheet, toCanvas } from './sheet';
import type { Viewport } from './viewport';

/** Offsets by "series from, series to". */
export type Offsets = Readonly<Record<string, Offset>>;

/** How the active viewport goes with the others: not, by position, or in part by an offset that was lined up. */
export type LinkState = 'off' | 'position' | 'offset';

export class Links {
  linked = true;
  references = true;
  /** Whether the crosshair is drawn. */
  crossShown = false;
  #offsets: Record<string, Offset> = {};
  #crossing: { readonly space: string; readonly point: Point3 } | null = null;

  get kept(): { linked: boolean; references: boolean; offsets: Offsets } {
    return { linked: this.linked, references: this.references, offsets: this.#offsets };
  }

  restore(known: { linked: boolean; references: boolean; offsets: Offsets } | null): void {
    if (!known) return;
    this.linked = known.linked;
    this.references = known.references;
    this.#offsets = { ...known.offsets };
  }

  state(active: Viewport, cells: readonly Viewport[]): LinkState {
    if (!this.linked) return 'off';
    const pane = active.pane;
    const byOffset = pane && cells.some(({ pane: other }) => other && this.#offsets[pairKey(pane, other)]);
    return byOffset ? 'offset' : 'position';
  }

  /**
   * Turns linking on or off. Turned on, viewports that share no patient positions are linked as they stand now:
   * the reader has lined them up.
   */
  turn(cells: readonly Viewport[]): void {
    this.linked = !this.linked;
    this.#offsets = {};
    if (!this.linked) return;
    for (const { pane: from } of cells) {
      for (const { pane: to } of cells) {
        if (!from || !to || from === to || sameSpace(from, to)) continue;
        this.#offsets[pairKey(from, to)] = { from: from.frame, to: to.frame };
      }
    }
  }

  /** The viewports that go along with one that has moved, each with its frame. */
  followers(moved: Viewport, cells: readonly Viewport[]): [Viewport, number][] {
    const from = moved.ready;
    if (!this.linked || !from || cells.length < 2) return [];
    const found: [Viewport, number][] = [];
    for (const other of cells) {
      const to = other.ready;
      if (!to || other === moved) continue;
      const offset = this.#offsets[pairKey(from, to)];
      const frame = offset ? offsetFrame(from, to, offset) : linkedFrame(from, to);
      if (frame !== null) found.push([other, frame]);
    }
    return found;
  }

  cross(pane: Pane, point: Point3): void {
    this.#crossing = { space: spaceOf(pane.series), point };
  }

  /** The crosshair goes along with a plane that was moved: it stays where the planes meet. */
  follow(pane: Pane): void {
    const { place } = pane.sheet;
    if (!pane.through || !place || !this.#crossing || !this.isCrossed(pane)) return;
    const { point } = this.#crossing;
    this.cross(pane, along(point, normalOf(place), -drop(place, point).above));
  }

  /** Where the crosshair is. */
  get point(): Point3 | null {
    return this.#crossing?.point ?? null;
  }

  /** Whether the crosshair is in the space of a pane. */
  isCrossed(pane: Pane): boolean {
    return this.#crossing?.space === spaceOf(pane.series);
  }

  crossFigures(pane: Pane, { place, toCanvas: affine, reach }: Sheet): SVGElement[] {
    const crossing = this.#crossing;
    if (!this.crossShown || !crossing || !place || crossing.space !== spaceOf(pane.series)) return [];
    const { at, above } = drop(place, crossing.point);
    if (Math.abs(above) > reach + 1e-6) return [];
    const [x, y] = toCanvas(affine, at);
    const path = svg('path', 'rv-crosshair');
    path.setAttribute(
      'd',
      `M${x - 5000} ${y}H${x - 14}M${x + 14} ${y}H${x + 5000}M${x} ${y - 5000}V${y - 14}M${x} ${y + 14}V${y + 5000}`,
    );
    return [path];
  }
}

function pairKey(from: Pane, to: Pane): string {
  return `${from.series.id} ${to.series.id}`;
}
