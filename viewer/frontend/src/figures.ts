/** Marks, outlines and reference lines as SVG on the sheet that a pane shows. */
import { crossing } from './crossing';
import { placeOf } from './geometry';
import { SVG } from './overlay';
import { type Pane, spaceOf } from './pane';
import type { Mark, Outline, Point2, Series } from './payload';
import { corners, cuts, drop, fromCanvas, lift, onSheet, type Sheet, toCanvas } from './sheet';

/** Images away from its own on which a mark is still shown, faintly, once outlines are there to compare with. */
const NEAR_IMAGES = 4;

/** CSS pixels from a point to the corners of the square that stands for it, round and back. */
const POINT = [
  [-3, -3],
  [3, -3],
  [3, 3],
  [-3, 3],
  [-3, -3],
] as const;

export function outlineFigures(pane: Pane, sheet: Sheet, outlines: readonly Outline[]): SVGElement[] {
  if (pane.content.kind === 'plane') return crossingFigures(pane, sheet, outlines);
  if (pane.content.kind !== 'stack') return [];
  const { toCanvas: affine } = sheet;
  const here = outlines.filter(({ series, frame }) => series === pane.series.id && frame === pane.frame);
  return here.map(({ points, kind, label, closed }) => {
    const shape = svg(closed === false ? 'polyline' : 'polygon', `rv-outline rv-${kind}`);
    const places = points.map((point) => toCanvas(affine, point));
    // A point alone is drawn as a small square: a line of one point draws nothing.
    const [[x, y] = [0, 0]] = places;
    const drawn = places.length > 1 ? places : POINT.map(([dx, dy]) => [x + dx, y + dy]);
    shape.setAttribute('points', drawn.map((place) => place.join(',')).join(' '));
    shape.append(titled(label));
    return shape;
  });
}

/** One figure for each thing outlined, where the plane cuts it. */
function crossingFigures(
  pane: Pane,
  { place, toCanvas: affine }: Sheet,
  outlines: readonly Outline[],
): SVGElement[] {
  const things = new Map<string, Outline[]>();
  for (const outline of outlines) {
    if (outline.series !== pane.series.id || outline.closed === false) continue;
    const thing = `${outline.kind} ${outline.label}`;
    things.set(thing, [...(things.get(thing) ?? []), outline]);
  }
  return [...things.values()].flatMap((thing) => {
    const border = place ? crossing(place, pane.series, thing) : [];
    if (!border.length) return [];
    const shape = svg('path', `rv-outline rv-${thing[0]!.kind}`);
    const lines = border.map((line) => `M${line.map((end) => toCanvas(affine, end).join(' ')).join('L')}`);
    shape.setAttribute('d', lines.join(''));
    shape.append(titled(thing[0]!.label));
    return [shape];
  });
}

export function markFigures(
  pane: Pane,
  sheet: Sheet,
  marks: readonly Mark[],
  spaces: ReadonlyMap<string, string>,
  compared: boolean,
): SVGElement[] {
  const figures = [];
  for (const mark of marks) {
    const found = locate(pane, sheet, mark, spaces);
    if (!found || found.away > (compared ? NEAR_IMAGES : 0)) continue;
    figures.push(crossAt(toCanvas(sheet.toCanvas, found.at), found.away));
  }
  return figures;
}

/** The mark at a canvas point: in the patient where the geometry allows, else on the frame; null beside the image. */
export function markOn({ sheet, series, frame, content }: Pane, canvasPoint: Point2): Mark | null {
  const at = fromCanvas(sheet.toCanvas, canvasPoint);
  if (!onSheet(sheet, at)) return null;
  if (sheet.place) return { space: 'patient', series: series.id, point: lift(sheet.place, at) };
  return content.kind === 'stack' ? { space: 'image', series: series.id, frame, point: at } : null;
}

/** Where a mark lies on the sheet; null when it lies on another image. */
export function markPlace(
  pane: Pane,
  sheet: Sheet,
  mark: Mark,
  spaces: ReadonlyMap<string, string>,
): Point2 | null {
  const found = locate(pane, sheet, mark, spaces);
  return found?.away === 0 ? found.at : null;
}

/** Where a mark lies on the sheet, and how many images from it. */
function locate(
  { content, series, frame }: Pane,
  { place, reach }: Sheet,
  mark: Mark,
  spaces: ReadonlyMap<string, string>,
): { at: Point2; away: number } | null {
  if (content.kind === 'stack' && mark.series === series.id) {
    const found = placeOf(series, mark);
    return found && { at: found.point, away: Math.abs(found.frame - frame) };
  }
  if (mark.space !== 'patient' || !place || spaces.get(mark.series) !== spaceOf(series)) return null;
  const { at, above } = drop(place, mark.point);
  return { at, away: reach ? Math.round(Math.abs(above) / (2 * reach)) : Number(Math.abs(above) > 1) };
}

/** Where the sheets of other viewports cut this one. */
export function referenceLines(pane: Pane, sheet: Sheet, others: readonly Pane[]): SVGElement[] {
  const { place } = sheet;
  if (!place) return [];
  const figures = [];
  for (const other of others) {
    if (other === pane || spaceOf(other.series) !== spaceOf(pane.series)) continue;
    for (const ends of cuts(place, corners(other.sheet))) {
      const [[x1, y1], [x2, y2]] = ends.map((end) => toCanvas(sheet.toCanvas, end)) as [Point2, Point2];
      const line = svg('line', 'rv-reference');
      for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, String(value));
      line.append(titled(other.title));
      figures.push(line);
    }
  }
  return figures;
}

/** Which space each series' positions live in, by series id. */
export function spacesOf(all: readonly Series[]): ReadonlyMap<string, string> {
  return new Map(all.map((series) => [series.id, spaceOf(series)]));
}

function crossAt([x, y]: Point2, imagesAway: number): SVGElement {
  const group = svg('g', imagesAway ? 'rv-mark rv-near' : 'rv-mark');
  group.setAttribute('transform', `translate(${x} ${y})`);
  for (const layer of ['rv-halo', 'rv-ink']) {
    const path = svg('path', layer);
    path.setAttribute('d', 'M-15 0H-5M5 0H15M0-15V-5M0 5V15M0-.5V.5');
    group.append(path);
  }
  group.append(titled(imagesAway ? `Your mark, ${imagesAway} images away` : 'Your mark'));
  return group;
}

export function svg(name: string, className: string): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  element.setAttribute('class', className);
  return element;
}

export function titled(text: string): SVGElement {
  const title = svg('title', '');
  title.textContent = text;
  return title;
}
