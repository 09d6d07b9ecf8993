/**
 * What this browser remembers: views of an attempt, layouts of a case, presets and keys of the reader.
 *
 * Only geometry and settings, never what a case is about. A browser that refuses storage forgets, and works.
 */

const PREFIX = 'readout:';
/** Views and layouts that are kept; the oldest go first. */
const KEPT = 60;

export function recall<T>(kind: string, key: string): T | null {
  try {
    const text = localStorage.getItem(`${PREFIX}${kind}:${key}`);
    return text ? (JSON.parse(text) as { value: T }).value : null;
  } catch {
    return null;
  }
}

export function remember(kind: string, key: string, value: unknown): void {
  try {
    localStorage.setItem(`${PREFIX}${kind}:${key}`, JSON.stringify({ at: Date.now(), value }));
    forgetOldest(kind);
  } catch {
    // Full or forbidden: nothing is remembered.
  }
}

function forgetOldest(kind: string): void {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${kind}:`));
  if (keys.length <= KEPT) return;
  const age = (key: string): number =>
    (JSON.parse(localStorage.getItem(key) ?? '{}') as { at?: number }).at ?? 0;
  keys.sort((a, b) => age(a) - age(b));
  for (const key of keys.slice(0, keys.length - KEPT)) localStorage.removeItem(key);
}
