/** What stands on the image: letters, texts, scale bar, and the marks and outlines of the frame shown. */
import { type Direction, imageAxes, letters, placeOf, scaleBarLength, slicePosition } from './geometry';
import { type Affine, type Pane, toCanvasPoint } from './pane';
import type { Mark, Outline, Point2, Series } from './payload';
import { windowText } from './values';

export type Probe = { column: number; row: number; text: string };

const SVG = 'http://www.w3.org/2000/svg';
const NEAR_IMAGES = 4;
/** Image pixels that the shutter reaches beyond the image, so that no edge shines through. */
const MARGIN = 8;

export class Overlay {
  readonly element = document.createElement('div');
  readonly #svg = document.createElementNS(SVG, 'svg');
  readonly #parts: Record<string, HTMLElement> = {};

  constructor() {
    this.element.className = 'rv-overlay';
    this.element.setAttribute('aria-hidden', 'true');
    this.#svg.setAttribute('class', 'rv-marks');
    this.element.append(this.#svg);
    for (const name of ['left', 'right', 'top', 'bottom', 'tl', 'tr', 'bl', 'br', 'scale']) {
      const part = document.createElement('div');
      part.className = `rv-${name}`;
      this.#parts[name] = part;
      this.element.append(part);
    }
  }

  draw(pane: Pane, marks: readonly Mark[], outlines: readonly Outline[], probe: Probe | null): void {
    const affine = pane.imageToCanvas;
    this.#letters(pane.series, affine);
    this.#texts(pane, probe);
    this.#scaleBar(pane, affine);
    this.#figures(pane, affine, marks, outlines);
  }

  #set(name: string, text: string): void {
    const part = this.#parts[name];
    if (part && part.textContent !== text) part.textContent = text;
  }

  /** A letter on each edge: where that edge of the canvas points in the patient. */
  #letters(series: Series, [a, b, c, d]: Affine): void {
    const axes = imageAxes(series);
    const [rowSpacing, columnSpacing] = series.spacing ?? [1, 1];
    const determinant = a * d - b * c;
    const towards = (x: number, y: number): string => {
      if (!axes) return '';
      const columns = ((d * x - c * y) / determinant) * columnSpacing;
      const rows = ((a * y - b * x) / determinant) * rowSpacing;
      const direction = [0, 1, 2].map((k) => axes.row[k]! * columns + axes.column[k]! * rows);
      return letters(direction as unknown as Direction);
    };
    this.#set('left', towards(-1, 0));
    this.#set('right', towards(1, 0));
    this.#set('top', towards(0, -1));
    this.#set('bottom', towards(0, 1));
  }

  #texts(pane: Pane, probe: Probe | null): void {
    const { series, frame, window, zoom, rotation, flips, inverted } = pane;
    const place = [slicePosition(series, frame), series.thickness ? `${series.thickness} mm thick` : ''];
    this.#set(
      'tl',
      lines(series.label, `${frame + 1} / ${series.frames}`, place.filter(Boolean).join(' · ')),
    );
    this.#set('tr', lines(...series.notes));
    this.#set('bl', lines(probe?.text ?? '', windowText(series, window)));
    const turned = [
      rotation ? `rotated ${rotation}°` : '',
      flips[0] ? 'flipped left–right' : '',
      flips[1] ? 'flipped top–bottom' : '',
      inverted ? 'inverted' : '',
    ];
    const unknown = [series.spacing ? '' : 'no scale', imageAxes(series) ? '' : 'no orientation'].filter(
      Boolean,
    );
    const missing = unknown.length ? `${unknown.join(', ')} in the file` : '';
    this.#set('br', lines(turned.filter(Boolean).join(', '), missing, `${Math.round(zoom * 100)} %`));
  }

  #scaleBar(pane: Pane, [a, b]: Affine): void {
    const bar = this.#parts['scale']!;
    const { spacing, spacingSource } = pane.series;
    bar.hidden = !spacing;
    if (!spacing) return;
    const pixelsPerMm = Math.hypot(a, b) / spacing[1];
    const length = scaleBarLength(this.element.clientWidth / 5 / pixelsPerMm);
    const where = { patient: '', detector: ' at the detector', estimated: ', estimated' }[
      spacingSource ?? 'patient'
    ];
    bar.style.width = `${length * pixelsPerMm}px`;
    this.#set('scale', `${length >= 10 ? `${length / 10} cm` : `${length} mm`}${where}`);
  }

  #figures(pane: Pane, affine: Affine, marks: readonly Mark[], outlines: readonly Outline[]): void {
    const figures: SVGElement[] = shutterOf(pane.series, affine);
    for (const outline of outlines) {
      if (outline.series === pane.series.id && outline.frame === pane.frame) {
        figures.push(polygon(outline, affine));
      }
    }
    for (const mark of marks) {
      const place = mark.series === pane.series.id ? placeOf(pane.series, mark) : null;
      const away = place ? Math.abs(place.frame - pane.frame) : Number.POSITIVE_INFINITY;
      // Beside the outlines a mark on a neighbouring image is shown faintly, so that both are seen together.
      if (place && (away === 0 || (outlines.length > 0 && away <= NEAR_IMAGES))) {
        figures.push(cross(toCanvasPoint(affine, place.point), away));
      }
    }
    this.#svg.replaceChildren(...figures);
  }
}

function polygon({ points, kind, label }: Outline, affine: Affine): SVGElement {
  const shape = document.createElementNS(SVG, 'polygon');
  shape.setAttribute('points', points.map((point) => toCanvasPoint(affine, point).join(',')).join(' '));
  shape.setAttribute('class', `rv-outline rv-${kind}`);
  shape.append(titled(label));
  return shape;
}

/** Black over what the shutter hides: the image area with a window in it. */
function shutterOf({ shutter, rows, columns }: Series, affine: Affine): SVGElement[] {
  if (!shutter) return [];
  const [left, right, top, bottom] = shutter;
  const frame = (x0: number, x1: number, y0: number, y1: number): string => {
    const corners: Point2[] = [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
    return `M${corners.map((corner) => toCanvasPoint(affine, corner).join(' ')).join('L')}Z`;
  };
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('class', 'rv-shutter');
  path.setAttribute(
    'd',
    frame(-MARGIN, columns + MARGIN, -MARGIN, rows + MARGIN) +
      frame(left - 0.5, right + 0.5, top - 0.5, bottom + 0.5),
  );
  return [path];
}

function cross([x, y]: Point2, imagesAway: number): SVGElement {
  const group = document.createElementNS(SVG, 'g');
  group.setAttribute('class', imagesAway ? 'rv-mark rv-near' : 'rv-mark');
  group.setAttribute('transform', `translate(${x} ${y})`);
  for (const layer of ['rv-halo', 'rv-ink']) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', layer);
    path.setAttribute('d', 'M-15 0H-5M5 0H15M0-15V-5M0 5V15M0-.5V.5');
    group.append(path);
  }
  group.append(titled(imagesAway ? `Your mark, ${imagesAway} images away` : 'Your mark'));
  return group;
}

function titled(text: string): SVGElement {
  const title = document.createElementNS(SVG, 'title');
  title.textContent = text;
  return title;
}

const lines = (...texts: string[]): string => texts.filter(Boolean).join('\n');
