/**
 * What a viewport shows, in terms that hold in a window of any size: the same on both sides of a shared reading.
 *
 * The server passes on these values alone (`viewer/navigation.py`).
 */
import { type Content, type Pane, spaceOf } from './pane';
import type { Point2, Point3, Series, Window } from './payload';
import { drop, fromCanvas, lift, toCanvas } from './sheet';
import type { Viewport } from './viewport';

export type Placed = {
  /** The sheet point in the middle of the viewport. */
  readonly centre: Point2;
  /** 1 fits the whole image in. */
  readonly zoom: number;
  readonly rotation: number;
  readonly flips: readonly [boolean, boolean];
};

/** A place under somebody's pointer: in the patient (LPS mm), or on one frame. */
export type Pointed = { readonly frame: number; readonly point: Point2 | Point3 };

export type Shared = {
  readonly content: Content;
  readonly frame: number;
  readonly window: { readonly center: number; readonly width: number };
  readonly inverted: boolean;
  readonly placement: Placed;
  readonly cursor: Pointed | null;
};

/** What a viewport shows, without a cursor; null while it shows nothing. */
export function sharedView({ ready: pane, element }: Viewport): Shared | null {
  if (!pane) return null;
  const { content, frame, window, inverted, zoom, rotation, flips, sheet } = pane;
  const [u, v] = fromCanvas(sheet.toCanvas, middleOf(element));
  return {
    content,
    frame,
    window: { center: rounded(window.center), width: rounded(window.width) },
    inverted,
    placement: { centre: [rounded(u), rounded(v)], zoom: rounded(zoom), rotation, flips },
    cursor: null,
  };
}

/** Where a canvas point lies. */
export function pointed({ sheet, frame }: Pane, at: Point2): Pointed {
  const onSheet = fromCanvas(sheet.toCanvas, at);
  const point = sheet.place ? lift(sheet.place, onSheet) : onSheet;
  return { frame, point: point.map(rounded) as unknown as Point2 | Point3 };
}

/** Where on the canvas of a pane somebody points who looks at another series or the same; null when not on it. */
export function canvasPoint(pane: Pane, { frame, point }: Pointed, series: Series): Point2 | null {
  const { sheet } = pane;
  if (point.length === 2)
    return pane.series === series && pane.frame === frame ? toCanvas(sheet.toCanvas, point) : null;
  if (!sheet.place || spaceOf(series) !== spaceOf(pane.series)) return null;
  const { at, above } = drop(sheet.place, point);
  return Math.abs(above) <= sheet.reach + 0.01 ? toCanvas(sheet.toCanvas, at) : null;
}

export function sameContent(a: Content, b: Content): boolean {
  const parts = (one: Content): unknown[] => [one.kind, one.series, 'plane' in one && [one.plane, one.over]];
  return JSON.stringify(parts(a)) === JSON.stringify(parts(b));
}

/** Puts window and placement on a pane that shows the content already. */
export function putOn({ element }: Viewport, pane: Pane, { window, inverted, placement }: Shared): void {
  const known = [pane.series.window, ...pane.series.presets].find((one) => sameWindow(one, window));
  if (!sameWindow(pane.window, window)) pane.window = known ?? { name: '', ...window };
  if (pane.inverted !== inverted) pane.inverted = inverted;
  for (const axis of [0, 1] as const) if (pane.flips[axis] !== placement.flips[axis]) pane.flip(axis);
  for (let turn = 0; turn < 3 && pane.rotation !== placement.rotation; turn++) pane.rotate();
  const [width, height] = middleOf(element);
  pane.zoomBy(placement.zoom / pane.zoom, [width, height]);
  const [x, y] = toCanvas(pane.sheet.toCanvas, placement.centre);
  pane.pan(width - x, height - y);
}

const sameWindow = (a: Pick<Window, 'center' | 'width'>, b: Pick<Window, 'center' | 'width'>): boolean =>
  rounded(a.center) === rounded(b.center) && rounded(a.width) === rounded(b.width);

const middleOf = ({ clientWidth, clientHeight }: HTMLElement): Point2 => [clientWidth / 2, clientHeight / 2];

/** To a ten-thousandth, so that both sides compare the same numbers. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
