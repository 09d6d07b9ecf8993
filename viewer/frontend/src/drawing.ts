/** Annotations as SVG on the sheet that a pane shows. */
import { placed, wording } from './annotating';
import { svg } from './figures';
import { ellipsePolygon } from './measure';
import type { Pane } from './pane';
import type { Annotation, Point2, Series } from './payload';
import { type Sheet, toCanvas } from './sheet';

const LINE_PX = 15;
const ARROW_PX = 12;

/** What a pane shows of annotations: whole on their own plane, and dots where they go through another. */
export function annotationFigures(
  pane: Pane,
  sheet: Sheet,
  annotations: readonly Annotation[],
  spaces: ReadonlyMap<string, string>,
  find: (series: string) => Series | undefined,
  selected: string,
): SVGElement[] {
  return annotations.flatMap((annotation) => {
    const found = placed(pane, sheet, annotation, spaces);
    if (!found) return [];
    const points = found.points.map((point) => toCanvas(sheet.toCanvas, point));
    const reach = Math.max(sheet.reach, 0.5) + 1e-6;
    if (found.above.every((mm) => Math.abs(mm) <= reach)) {
      return [
        whole(annotation, points, wording(annotation, find(annotation.series)), annotation.id === selected),
      ];
    }
    return through(annotation, points, found.above);
  });
}

/** An annotation on its plane: `points` on the canvas. */
export function whole(
  annotation: Annotation,
  points: readonly Point2[],
  words: readonly string[],
  selected: boolean,
): SVGElement {
  const group = svg('g', `rv-note rv-note-${annotation.kind}${selected ? ' rv-selected' : ''}`);
  group.dataset['annotation'] = annotation.id;
  const outline = path(annotation.kind, points);
  for (const layer of ['rv-halo', 'rv-line']) {
    const line = svg('path', layer);
    line.setAttribute('d', outline);
    group.append(line);
  }
  if (annotation.kind !== 'freehand') group.append(...points.map(handle));
  if (words.length) group.append(label(words, labelPlace(annotation.kind, points)));
  return group;
}

function path(kind: Annotation['kind'], points: readonly Point2[]): string {
  const line = (part: readonly Point2[], close = ''): string =>
    `M${part.map((p) => p.join(' ')).join('L')}${close}`;
  switch (kind) {
    case 'cobb':
      return points.length > 2 ? line(points.slice(0, 2)) + line(points.slice(2)) : line(points);
    case 'ellipse':
      return points.length === 4 ? line(ellipsePolygon(points, 64), 'Z') : '';
    case 'freehand':
      return line(points, 'Z');
    case 'probe': {
      const [x, y] = points[0]!;
      return `M${x - 7} ${y}H${x + 7}M${x} ${y - 7}V${y + 7}`;
    }
    case 'arrow':
      return line(points) + head(points);
    default:
      return line(points);
  }
}

/** The head of an arrow at its last point. */
function head([from, to]: readonly Point2[]): string {
  if (!from || !to) return '';
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const barb = (turn: number): string =>
    `${to[0] - ARROW_PX * Math.cos(angle + turn)} ${to[1] - ARROW_PX * Math.sin(angle + turn)}`;
  return `M${barb(0.45)}L${to.join(' ')}L${barb(-0.45)}`;
}

function handle([x, y]: Point2): SVGElement {
  const dot = svg('circle', 'rv-handle');
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: 3.5 })) dot.setAttribute(name, String(value));
  return dot;
}

function labelPlace(kind: Annotation['kind'], points: readonly Point2[]): Point2 {
  if (kind === 'arrow') return [points[0]![0], points[0]![1] + LINE_PX + 2];
  if (kind === 'angle') return [points[1]![0] + 10, points[1]![1] + 4];
  const rightmost = points.reduce((best, point) => (point[0] > best[0] ? point : best));
  return [rightmost[0] + 9, rightmost[1] + 4];
}

function label(words: readonly string[], [x, y]: Point2): SVGElement {
  const text = svg('text', 'rv-words');
  text.setAttribute('y', String(y));
  words.forEach((word, n) => {
    const line = svg('tspan', '');
    line.setAttribute('x', String(x));
    if (n) line.setAttribute('dy', String(LINE_PX));
    line.textContent = word;
    text.append(line);
  });
  return text;
}

/** Dots where the lines of an annotation pass through the plane. */
function through({ kind }: Annotation, points: readonly Point2[], above: readonly number[]): SVGElement[] {
  const outline = kind === 'ellipse' ? ellipsePolygon(points) : points;
  const heights = kind === 'ellipse' ? ellipsePolygon(above.map((mm) => [mm, 0])).map(([mm]) => mm) : above;
  const closed = kind === 'ellipse' || kind === 'freehand';
  const dots: SVGElement[] = [];
  for (let n = 0; n < outline.length - (closed ? 0 : 1); n++) {
    if (kind === 'cobb' && n === 1) continue;
    const [m, from, to] = [(n + 1) % outline.length, heights[n]!, heights[(n + 1) % outline.length]!];
    if (from > 0 === to > 0) continue;
    const share = from / (from - to);
    const [a, b] = [outline[n]!, outline[m]!];
    const dot = handle([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]);
    dot.setAttribute('class', 'rv-through');
    dots.push(dot);
  }
  return dots;
}
