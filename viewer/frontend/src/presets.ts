/** The windows on the keys 1 to 9: those that come with the series, or the reader's own for its kind. */
import type { Series, Window } from './payload';
import { recall, remember } from './storage';

export const MOST_PRESETS = 9;

const known = new Map<string, readonly Window[] | null>();

/** What presets belong to: the modality and the part of the body. */
export function presetGroup({ modality, bodyPart }: Pick<Series, 'modality' | 'bodyPart'>): string {
  return [modality, bodyPart].filter(Boolean).join(' ');
}

export function presetsOf(series: Series): readonly Window[] {
  const group = presetGroup(series);
  if (!known.has(group)) known.set(group, recall<Window[]>('presets', group));
  return known.get(group) ?? series.presets;
}

/** Remembers the reader's own presets for series of this kind; null goes back to those that come with it. */
export function keepPresets(series: Series, presets: readonly Window[] | null): void {
  const group = presetGroup(series);
  known.set(group, presets);
  remember('presets', group, presets);
}

/** A typed preset, or why it is none. */
export function parsePreset(name: string, width: string, center: string): Window | string {
  const [w, c] = [Number(width.replace(',', '.')), Number(center.replace(',', '.'))];
  if (!name.trim()) return 'A preset needs a name.';
  if (!width.trim() || !(w > 0) || !Number.isFinite(w)) return `${name}: the width must be a number above 0.`;
  if (!center.trim() || !Number.isFinite(c)) return `${name}: the level must be a number.`;
  return { name: name.trim(), width: w, center: c };
}
