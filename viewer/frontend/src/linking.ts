/**
 * Reading several series together: the frame of one that belongs to the frame of another.
 *
 * In one frame of reference the patient position decides. Otherwise a reader lines two series up by eye, and the
 * distance between them is kept: in mm along the slices, or in images where there is no geometry.
 */
import { dot } from './geometry';
import { type Pane, spaceOf } from './pane';
import type { Point3 } from './payload';
import { along, lift, normalOf } from './sheet';

/** Cosine of the angle up to which two directions are scrolled together: 30°. */
const PARALLEL = Math.cos(Math.PI / 6);

export const sameSpace = (a: Pane, b: Pane): boolean => spaceOf(a.series) === spaceOf(b.series);

/** The middle of the sheet in the patient. */
export function centreOf(pane: Pane): Point3 | null {
  const { place, extent } = pane.sheet;
  return place && lift(place, [(extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2]);
}

/** The frame of `to` at the patient position of `from`; null when they do not go together by position. */
export function linkedFrame(from: Pane, to: Pane): number | null {
  const [a, b] = [from.sheet.place, to.sheet.place];
  const centre = centreOf(from);
  if (!a || !b || !centre || !sameSpace(from, to)) return null;
  return Math.abs(dot(normalOf(a), normalOf(b))) < PARALLEL ? null : to.frameAt(centre);
}

/** What a reader has lined up: where each of two panes was. */
export type Offset = { readonly from: number; readonly to: number };

/** The frame of `to` that keeps the distance in which both were linked. */
export function offsetFrame(from: Pane, to: Pane, { from: wasFrom, to: wasTo }: Offset): number {
  const [stepFrom, stepTo] = [2 * from.sheet.reach, 2 * to.sheet.reach];
  const share = stepFrom && stepTo ? stepFrom / stepTo : 1;
  const direction = opposed(from, to) ? -1 : 1;
  return wasTo + Math.round((from.frame - wasFrom) * share * direction);
}

/** Whether frames of one grow to where those of the other shrink, as far as both tell. */
function opposed(a: Pane, b: Pane): boolean {
  const [first, second] = [growth(a), growth(b)];
  return first !== null && second !== null && dot(first, second) < 0;
}

/** The direction in which the frames of a pane grow. */
function growth(pane: Pane): Point3 | null {
  const { place, reach } = pane.sheet;
  const centre = centreOf(pane);
  if (!place || !centre) return null;
  const normal = normalOf(place);
  const [before, after] = [-2 * reach, 2 * reach].map((mm) => pane.frameAt(along(centre, normal, mm)) ?? 0);
  const sign = after! < before! ? -1 : 1;
  return [normal[0] * sign, normal[1] * sign, normal[2] * sign];
}
