/** What stands on an image: letters, texts, scale bar, and the marks, outlines and lines of the sheet shown. */
import { type Direction, letters, scaleBarLength } from './geometry';
import type { Pane, Probe } from './pane';
import type { Point2 } from './payload';
import { type Affine, fromCanvas, type Sheet, toCanvas } from './sheet';
import { windowText } from './values';

/** What is drawn over the image, on its sheet. */
export type Scene = {
  readonly figures: readonly SVGElement[];
  readonly probe: Probe | null;
  /** Images that were asked for while scrolling and not painted. */
  readonly dropped: number;
};

export const SVG = 'http://www.w3.org/2000/svg';
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
    for (const name of ['left', 'right', 'top', 'bottom', 'tl', 'tr', 'bl', 'br', 'dropped', 'scale']) {
      const part = document.createElement('div');
      part.className = `rv-${name}`;
      this.#parts[name] = part;
      this.element.append(part);
    }
  }

  draw(pane: Pane, sheet: Sheet, { figures, probe, dropped }: Scene): void {
    this.#letters(sheet);
    this.#texts(pane, probe, dropped);
    this.#scaleBar(pane, sheet);
    this.#svg.replaceChildren(...shutterOf(pane, sheet.toCanvas), ...figures);
  }

  #set(name: string, text: string): void {
    const part = this.#parts[name];
    if (part && part.textContent !== text) part.textContent = text;
  }

  /** A letter on each edge: where that edge of the canvas points in the patient. */
  #letters({ axes, scale, toCanvas }: Sheet): void {
    const [perU, perV] = scale ?? [1, 1];
    const towards = (x: number, y: number): string => {
      if (!axes) return '';
      const [e, f] = [toCanvas[4], toCanvas[5]];
      const [u, v] = fromCanvas(toCanvas, [e + x, f + y]);
      const direction = [0, 1, 2].map((k) => axes.row[k]! * u * perU + axes.column[k]! * v * perV);
      return letters(direction as unknown as Direction);
    };
    this.#set('left', towards(-1, 0));
    this.#set('right', towards(1, 0));
    this.#set('top', towards(0, -1));
    this.#set('bottom', towards(0, 1));
  }

  #texts(pane: Pane, probe: Probe | null, dropped: number): void {
    const { series, frame, frames, window, zoom, rotation, flips, inverted } = pane;
    this.#set('tl', lines(pane.title, `${frame + 1} / ${frames}`, pane.whereabouts));
    this.#set('tr', lines(...series.notes));
    this.#set('bl', lines(probe?.text ?? '', windowText(series, window)));
    const turned = [
      rotation ? `rotated ${rotation}°` : '',
      flips[0] ? 'flipped left–right' : '',
      flips[1] ? 'flipped top–bottom' : '',
      inverted ? 'inverted' : '',
    ];
    const unknown = [series.spacing ? '' : 'no scale', pane.sheet.axes ? '' : 'no orientation'].filter(
      Boolean,
    );
    const missing = unknown.length ? `${unknown.join(', ')} in the file` : '';
    this.#set('dropped', dropped ? `${dropped} not painted` : '');
    this.#set('br', lines(turned.filter(Boolean).join(', '), missing, `${Math.round(zoom * 100)} %`));
  }

  #scaleBar({ series }: Pane, { scale, toCanvas: [a, b] }: Sheet): void {
    const bar = this.#parts['scale']!;
    bar.hidden = !scale;
    if (!scale) return;
    const pixelsPerMm = Math.hypot(a, b) / scale[0];
    const length = scaleBarLength(this.element.clientWidth / 5 / pixelsPerMm);
    const where = { patient: '', detector: ' at the detector', estimated: ', estimated' }[
      series.spacingSource ?? 'patient'
    ];
    bar.style.width = `${length * pixelsPerMm}px`;
    this.#set('scale', `${length >= 10 ? `${length / 10} cm` : `${length} mm`}${where}`);
  }
}

/** Black over what the shutter hides: the image area with a window in it. */
function shutterOf({ series, content }: Pane, affine: Affine): SVGElement[] {
  const { shutter, rows, columns } = series;
  if (!shutter || content.kind !== 'stack') return [];
  const [left, right, top, bottom] = shutter;
  const frame = (x0: number, x1: number, y0: number, y1: number): string => {
    const corners: Point2[] = [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
    return `M${corners.map((corner) => toCanvas(affine, corner).join(' ')).join('L')}Z`;
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

const lines = (...texts: string[]): string => texts.filter(Boolean).join('\n');
