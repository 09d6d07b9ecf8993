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
 * LINEAR_EXACT c ± w / 2 (C.11.2.1.3.2), and so does activity, which is no count of grey levels. A SIGMOID has no
 * ends: beyond c ± 2 w it is within a tenth of a grey level of black and white.
 */
export function voiRange(series: Series, window: Window): { lower: number; upper: number } {
  const { center, width } = window;
  const span = Math.max(width, 1e-6);
  const linear = (window.function ?? 'LINEAR') === 'LINEAR' && !fromZero(series);
  const [middle, half] = linear
    ? [center - 0.5, Math.max(width - 1, 1e-6) / 2]
    : [center, window.function === 'SIGMOID' ? SIGMOID_REACH * span : span / 2];
  return { lower: (middle - half) / series.scale, upper: (middle + half) / series.scale };
}

const SIGMOID_REACH = 2;
const SIGMOID_STEPS = 4096;

/** Grey from black (0) to white (1), evenly spaced over the VOI range; null where it is a straight line. */
export function greyCurve(window: Window): number[] | null {
  if (window.function === 'LUT' && window.lut)
    return Array.from(atob(window.lut), (byte) => byte.charCodeAt(0) / 255);
  if (window.function !== 'SIGMOID') return null;
  // PS3.3 C.11.2.1.3.1: 1 / (1 + exp(−4 (x − c) / w)).
  const at = (step: number): number => (2 * step * SIGMOID_REACH) / SIGMOID_STEPS - SIGMOID_REACH;
  return Array.from({ length: SIGMOID_STEPS + 1 }, (_, step) => 1 / (1 + Math.exp(-4 * at(step))));
}

/** A window after a drag: right and left widen and narrow, down and up darken and brighten; its curve stays. */
export function draggedWindow(series: Series, window: Window, dx: number, dy: number): Window {
  const { center, width } = window;
  if (fromZero(series)) {
    const top = center + width / 2;
    const raised = Math.max(series.unit === 'SUVbw' ? 0.1 : 1, top + ((dx + dy) * top) / 300);
    return { ...window, name: '', center: raised / 2, width: raised };
  }
  const step = Math.max(width, 10) / 300;
  return { ...window, name: '', center: center + dy * step, width: Math.max(1, width + dx * step) };
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
