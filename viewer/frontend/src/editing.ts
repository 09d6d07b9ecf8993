/** Draws, changes and erases annotations with pointer, pen or finger. */
import { annotate, type Kind, POINTS, placed } from './annotating';
import { annotationFigures, whole } from './drawing';
import type { Drawings } from './drawings';
import { markPlace } from './figures';
import type { Tool } from './keys';
import type { Pane } from './pane';
import type { Annotation, Point2, Series } from './payload';
import type { Stroke } from './pointer';
import { fromCanvas, onSheet, type Sheet, toCanvas } from './sheet';
import { askText } from './textfield';
import type { Viewport } from './viewport';

const REACH_PX = 11;
const FREEHAND_PX = 3;

type Host = {
  readonly drawings: Drawings;
  find(series: string): Series | undefined;
  spaces(): ReadonlyMap<string, string>;
  redraw(): void;
};

/** An annotation that is not finished: its points on the sheet so far, the last one under the pointer. */
type Draft = {
  readonly viewport: Viewport;
  readonly kind: Kind;
  readonly id: string;
  points: Point2[];
  /** Whether the last point follows the pointer. */
  open: boolean;
};

export class Editor {
  readonly #host: Host;
  #draft: Draft | null = null;
  #selected = '';

  constructor(host: Host) {
    this.#host = host;
  }

  /** Takes a press: on a handle to move it, or with a drawing tool to draw. */
  grab(viewport: Viewport, tool: Tool, at: Point2): Stroke | null {
    const pane = viewport.ready;
    if (!pane) return null;
    if (tool === 'erase') return this.#erasing(viewport, pane, at);
    if (this.#draft?.viewport === viewport) return this.#going(this.#draft, pane, at);
    if (tool === 'window' || isDrawing(tool)) {
      const handle = this.#moving(pane, at);
      if (handle) return handle;
    }
    return isDrawing(tool) ? this.#starting(viewport, pane, tool, at) : null;
  }

  /** The pointer moves without being pressed: a draft that was begun with a click goes along. */
  hover(viewport: Viewport, at: Point2 | null): void {
    const [draft, pane] = [this.#draft, viewport.ready];
    if (!at || !pane || !draft?.open || draft.viewport !== viewport) return;
    draft.points = withLast(draft, fromCanvas(pane.sheet.toCanvas, at));
    this.#host.redraw();
  }

  /** Gives up what is not finished; false when there is nothing. */
  cancel(): boolean {
    const had = this.#draft !== null;
    this.#draft = null;
    if (had) this.#host.redraw();
    return had;
  }

  remove(): boolean {
    const { drawings } = this.#host;
    const known = drawings.annotations.some(({ id }) => id === this.#selected);
    if (known) drawings.remove(this.#selected);
    return known;
  }

  figures(viewport: Viewport, pane: Pane, sheet: Sheet): SVGElement[] {
    const { drawings, find, spaces } = this.#host;
    const draft = this.#draft;
    const own = draft?.viewport === viewport ? [this.#sketch(draft, pane, sheet)] : [];
    const others = drawings.annotations.filter(({ id }) => id !== draft?.id);
    return [...annotationFigures(pane, sheet, others, spaces(), (id) => find(id), this.#selected), ...own];
  }

  #sketch(draft: Draft, pane: Pane, sheet: Sheet): SVGElement {
    const points = draft.points.map((point) => toCanvas(sheet.toCanvas, point));
    const shown = { id: draft.id, kind: draft.kind } as Annotation;
    const enough = draft.kind !== 'freehand' && draft.points.length === POINTS[draft.kind];
    const words = enough ? this.#words(annotate(pane, sheet, draft.points, draft)) : [];
    return whole(shown, points, words, true);
  }

  #words(annotation: Annotation): string[] {
    const { value, unit, kind } = annotation;
    if (value === null || kind === 'ellipse') return [];
    return [unit === '°' ? `${value.toFixed(1)}°` : `${value.toFixed(1)} ${unit}`];
  }

  #starting(viewport: Viewport, pane: Pane, kind: Kind, at: Point2): Stroke | null {
    const { sheet } = pane;
    const start = fromCanvas(sheet.toCanvas, at);
    if (!onSheet(sheet, start)) return null;
    const draft: Draft = { viewport, kind, id: crypto.randomUUID(), points: [start], open: true };
    this.#draft = draft;
    if (kind === 'probe') return this.#probing(draft, pane);
    if (kind !== 'freehand') draft.points = kind === 'ellipse' ? ellipseEnds(start, start) : [start, start];
    return this.#drawn(draft, pane, start);
  }

  #probing(draft: Draft, pane: Pane): Stroke {
    const cancel = (): void => void this.cancel();
    return { move: () => {}, up: (_, moved) => (moved ? cancel() : this.#finish(draft, pane)), cancel };
  }

  /** A press while a draft waits for its next point. */
  #going(draft: Draft, pane: Pane, at: Point2): Stroke {
    const point = fromCanvas(pane.sheet.toCanvas, at);
    draft.points = draft.open ? withLast(draft, point) : [...draft.points, point, point];
    draft.open = true;
    return this.#drawn(draft, pane, point);
  }

  #drawn(draft: Draft, pane: Pane, start: Point2): Stroke {
    let last = toCanvas(pane.sheet.toCanvas, start);
    return {
      move: (at) => {
        const point = fromCanvas(pane.sheet.toCanvas, at);
        if (draft.kind === 'freehand') {
          if (Math.hypot(at[0] - last[0], at[1] - last[1]) < FREEHAND_PX) return;
          last = at;
          draft.points = [...draft.points, point];
        } else draft.points = withLast(draft, point, start);
        this.#host.redraw();
      },
      up: (_, moved) => this.#lifted(draft, pane, moved),
      cancel: () => this.cancel(),
    };
  }

  /** The pointer was lifted: the annotation is finished, or waits for another point. */
  #lifted(draft: Draft, pane: Pane, moved: boolean): void {
    const { kind, points } = draft;
    const begun = points.length === 2 && same(points[0]!, points[1]!);
    if (kind === 'freehand' && points.length < 3) return void this.cancel();
    if (kind === 'ellipse' && same(points[0]!, points[1]!)) return void this.cancel();
    // A click without a drag: the other end follows the pointer to the next click.
    if (!moved && begun) return;
    if (kind === 'angle' && points.length === 2) {
      draft.points = [...points, points[1]!];
      return this.#host.redraw();
    }
    if (kind === 'cobb' && points.length === 2) {
      draft.open = false;
      return this.#host.redraw();
    }
    if (points.length > 2 && kind !== 'freehand' && same(points.at(-1)!, points.at(-2)!)) return;
    this.#finish(draft, pane);
  }

  #finish(draft: Draft, pane: Pane): void {
    this.#draft = null;
    this.#selected = draft.id;
    this.#host.drawings.put(annotate(pane, pane.sheet, draft.points, draft));
    if (draft.kind === 'arrow') this.#ask(draft, pane);
  }

  #ask(draft: Draft, pane: Pane): void {
    const at = toCanvas(pane.sheet.toCanvas, draft.points[0]!);
    askText(draft.viewport.element, at, (text) => {
      const { annotations } = this.#host.drawings;
      const drawn = annotations.find(({ id }) => id === draft.id);
      if (drawn && text) this.#host.drawings.put({ ...drawn, text }, { amend: true });
    });
  }

  /** Moves the point of an annotation that lies under the pointer. */
  #moving(pane: Pane, at: Point2): Stroke | null {
    const { sheet } = pane;
    const found = this.#handleAt(pane, sheet, at);
    if (!found) return null;
    const { annotation, index, points } = found;
    this.#selected = annotation.id;
    let now = annotation;
    const begun = this.#host.drawings;
    let first = true;
    const put = (point: Point2): void => {
      const moved = movedPoint(annotation.kind, points, index, point);
      now = annotate(pane, sheet, moved, { id: annotation.id, kind: annotation.kind, text: annotation.text });
      begun.put(now, { amend: !first });
      first = false;
    };
    return {
      move: (place) => put(fromCanvas(sheet.toCanvas, place)),
      up: () => this.#host.redraw(),
      cancel: () => {},
    };
  }

  #handleAt(
    pane: Pane,
    sheet: Sheet,
    at: Point2,
  ): { annotation: Annotation; index: number; points: Point2[] } | null {
    for (const annotation of [...this.#host.drawings.annotations].reverse()) {
      const found = annotation.kind === 'freehand' ? null : this.#here(pane, sheet, annotation);
      const index = found?.findIndex((point) => near(toCanvas(sheet.toCanvas, point), at)) ?? -1;
      if (found && index >= 0) return { annotation, index, points: found };
    }
    return null;
  }

  #here(pane: Pane, sheet: Sheet, annotation: Annotation): Point2[] | null {
    const found = placed(pane, sheet, annotation, this.#host.spaces());
    const reach = Math.max(sheet.reach, 0.5) + 1e-6;
    return found?.above.every((mm) => Math.abs(mm) <= reach) ? found.points : null;
  }

  #erasing(viewport: Viewport, pane: Pane, start: Point2): Stroke {
    const wipe = (at: Point2): void => this.#eraseAt(viewport, pane, at);
    wipe(start);
    return { move: wipe, up: () => {}, cancel: () => {} };
  }

  /** Erases what is drawn under a canvas point, as the browser sees it; marks by their middle. */
  #eraseAt(viewport: Viewport, pane: Pane, at: Point2): void {
    const { drawings, spaces } = this.#host;
    for (const mark of drawings.pending) {
      const place = markPlace(pane, pane.sheet, mark, spaces());
      if (place && near(toCanvas(pane.sheet.toCanvas, place), at)) drawings.unmark(mark);
    }
    for (const shape of viewport.element.querySelectorAll<SVGGElement>('[data-annotation]')) {
      if (touches(shape, at)) drawings.remove(shape.dataset['annotation']!);
    }
  }
}

const isDrawing = (tool: Tool): tool is Kind & Tool => tool in POINTS;

const near = (a: Point2, b: Point2): boolean => Math.hypot(a[0] - b[0], a[1] - b[1]) <= REACH_PX;

const same = (a: Point2, b: Point2): boolean => a[0] === b[0] && a[1] === b[1];

/** The draft with its last point elsewhere; an ellipse by the corners of the box around it. */
function withLast({ kind, points }: Draft, last: Point2, start = points[0]!): Point2[] {
  if (kind === 'ellipse') return ellipseEnds(start, last);
  return points.length > 1 ? [...points.slice(0, -1), last] : [...points, last];
}

/** Left, right, upper and lower end of the ellipse in a box. */
function ellipseEnds([u0, v0]: Point2, [u1, v1]: Point2): Point2[] {
  const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
  return [
    [Math.min(u0, u1), v],
    [Math.max(u0, u1), v],
    [u, Math.min(v0, v1)],
    [u, Math.max(v0, v1)],
  ];
}

/** The points after one was moved: an ellipse keeps the direction of its axes. */
function movedPoint(kind: Kind, points: readonly Point2[], index: number, to: Point2): Point2[] {
  if (kind !== 'ellipse') return points.map((point, n) => (n === index ? to : point));
  const opposite = points[index ^ 1]!;
  const here = points[index]!;
  const [u, v] = [here[0] - opposite[0], here[1] - opposite[1]];
  const share = ((to[0] - opposite[0]) * u + (to[1] - opposite[1]) * v) / (u * u + v * v || 1);
  const end: Point2 = [opposite[0] + u * share, opposite[1] + v * share];
  const shift: Point2 = [(end[0] - here[0]) / 2, (end[1] - here[1]) / 2];
  return points.map((point, n) => {
    if (n === index) return end;
    return n === (index ^ 1) ? point : [point[0] + shift[0], point[1] + shift[1]];
  });
}

/** Whether a shape's line passes under a canvas point. */
function touches(shape: SVGGElement, [x, y]: Point2): boolean {
  const line = shape.querySelector<SVGPathElement>('.rv-halo');
  if (!line) return false;
  const length = line.getTotalLength();
  for (let along = 0; along <= length; along += 4) {
    const point = line.getPointAtLength(along);
    if (near([point.x, point.y], [x, y])) return true;
  }
  return false;
}
