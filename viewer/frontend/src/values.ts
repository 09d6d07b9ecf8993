/** Between the values that are sent and the unit that people read: value × scale is in the series' unit. */
import type { Series, Window } from './payload';

/** Activity has a floor: its windows begin at 0, so that a change of window changes only how dark much is. */
const fromZero = ({ unit }: Series): boolean => unit === 'SUVbw' || unit === 'Bq/mL';

/** One pixel as text: its samples, with their unit. */
export function valueText(series: Series, samples: ArrayLike<number>): string {
  const text = (value: number): string =>
    series.unit === 'SUVbw' ? (value * series.scale).toFixed(2) : String(round(value * series.scale));
  const values = Array.from(samples, text).join(' / ');
  return series.unit ? `${values} ${series.unit}` : values;
}

/**
 * The values as sent that are shown black and white. PS3.3 C.11.2.1.2.1: LINEAR maps c − 0.5 ± (w − 1) / 2;
 * activity is no count of grey levels, and takes LINEAR_EXACT: c ± w / 2 (C.11.2.1.3.2).
 */
export function voiRange(series: Series, { center, width }: Window): { lower: number; upper: number } {
  const [middle, half] = fromZero(series)
    ? [center, Math.max(width, 1e-6) / 2]
    : [center - 0.5, Math.max(width - 1, 1e-6) / 2];
  return { lower: (middle - half) / series.scale, upper: (middle + half) / series.scale };
}

/** A window after a drag: right and left widen and narrow, down and up darken and brighten. */
export function draggedWindow(series: Series, { center, width }: Window, dx: number, dy: number): Window {
  if (fromZero(series)) {
    const top = center + width / 2;
    const raised = Math.max(series.unit === 'SUVbw' ? 0.1 : 1, top + ((dx + dy) * top) / 300);
    return { name: '', center: raised / 2, width: raised };
  }
  const step = Math.max(width, 10) / 300;
  return { name: '', center: center + dy * step, width: Math.max(1, width + dx * step) };
}

/** A window as text: W and L, or its two ends where it begins at 0. */
export function windowText(series: Series, { name, center, width }: Window): string {
  if (fromZero(series)) return `${short(center - width / 2)}–${short(center + width / 2)} ${series.unit}`;
  const value = `W ${short(width)}  L ${short(center)}`;
  return name ? `${value}  ${name}` : value;
}

const round = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));
const short = (value: number): string =>
  String(Math.abs(value) >= 10 ? Math.round(value) : Number(value.toFixed(2)));
