/** Which key does what. One table: the handler, the help overlay and the tests read it. */

import type { Layout } from './grid';
import type { Hanging } from './hanging';
import { recall, remember } from './storage';

export type Measure = 'length' | 'angle' | 'cobb' | 'ellipse' | 'freehand' | 'arrow' | 'erase';
export type Tool = 'window' | 'pan' | 'zoom' | 'scroll' | 'crosshair' | 'probe' | 'mark' | Measure;

export type Action =
  | { readonly do: 'scroll'; readonly by: number }
  | {
      readonly do:
        | 'first'
        | 'last'
        | 'cine'
        | 'invert'
        | 'rotate'
        | 'reset'
        | 'fullscreen'
        | 'overlays'
        | 'undo'
        | 'redo'
        | 'edit-presets'
        | 'delete'
        | 'viewport'
        | 'link'
        | 'references'
        | 'help'
        | 'close'
        | 'own-window';
    }
  | { readonly do: 'tool'; readonly tool: Tool }
  | { readonly do: 'layout'; readonly layout: Layout }
  | { readonly do: 'hang'; readonly hanging: Hanging }
  | { readonly do: 'flip'; readonly axis: 0 | 1 }
  | { readonly do: 'series'; readonly by: 1 | -1 }
  | { readonly do: 'preset'; readonly index: number };

export type Binding = { readonly keys: readonly string[]; readonly says: string; readonly action: Action };

export const BINDINGS: readonly Binding[] = [
  { keys: ['ArrowUp', 'k'], says: 'Previous image', action: { do: 'scroll', by: -1 } },
  { keys: ['ArrowDown', 'j'], says: 'Next image', action: { do: 'scroll', by: 1 } },
  { keys: ['Shift+ArrowUp'], says: 'Ten images back', action: { do: 'scroll', by: -10 } },
  { keys: ['Shift+ArrowDown'], says: 'Ten images on', action: { do: 'scroll', by: 10 } },
  { keys: ['Home'], says: 'First image', action: { do: 'first' } },
  { keys: ['End'], says: 'Last image', action: { do: 'last' } },
  { keys: ['PageUp'], says: 'Series before', action: { do: 'series', by: -1 } },
  { keys: ['PageDown'], says: 'Series after', action: { do: 'series', by: 1 } },
  { keys: ['Tab'], says: 'Next viewport', action: { do: 'viewport' } },
  { keys: ['w'], says: 'Window/level', action: { do: 'tool', tool: 'window' } },
  { keys: ['p'], says: 'Pan', action: { do: 'tool', tool: 'pan' } },
  { keys: ['z'], says: 'Zoom', action: { do: 'tool', tool: 'zoom' } },
  { keys: ['s'], says: 'Scroll', action: { do: 'tool', tool: 'scroll' } },
  { keys: ['x'], says: 'Crosshair through all viewports', action: { do: 'tool', tool: 'crosshair' } },
  { keys: ['h'], says: 'Probe the value', action: { do: 'tool', tool: 'probe' } },
  { keys: ['d'], says: 'Length', action: { do: 'tool', tool: 'length' } },
  { keys: ['a'], says: 'Angle', action: { do: 'tool', tool: 'angle' } },
  { keys: ['Shift+a'], says: 'Cobb angle', action: { do: 'tool', tool: 'cobb' } },
  { keys: ['e'], says: 'Ellipse: mean and area', action: { do: 'tool', tool: 'ellipse' } },
  { keys: ['o'], says: 'Freehand region: mean and area', action: { do: 'tool', tool: 'freehand' } },
  { keys: ['n'], says: 'Arrow with text', action: { do: 'tool', tool: 'arrow' } },
  { keys: ['q'], says: 'Erase', action: { do: 'tool', tool: 'erase' } },
  { keys: ['Delete', 'Backspace'], says: 'Remove what was touched last', action: { do: 'delete' } },
  { keys: ['m'], says: 'Mark the finding', action: { do: 'tool', tool: 'mark' } },
  { keys: ['Control+z', 'Meta+z'], says: 'Undo the last mark or measure', action: { do: 'undo' } },
  { keys: ['Control+Shift+z', 'Meta+Shift+z', 'Control+y'], says: 'Do it again', action: { do: 'redo' } },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(
    (n): Binding => ({ keys: [`${n}`], says: `Window preset ${n}`, action: { do: 'preset', index: n - 1 } }),
  ),
  { keys: ['0'], says: 'The window it opened with', action: { do: 'own-window' } },
  { keys: ['i'], says: 'Invert', action: { do: 'invert' } },
  { keys: ['r'], says: 'Rotate by 90°', action: { do: 'rotate' } },
  { keys: ['Shift+h'], says: 'Flip left and right', action: { do: 'flip', axis: 0 } },
  { keys: ['Shift+v'], says: 'Flip top and bottom', action: { do: 'flip', axis: 1 } },
  { keys: ['c'], says: 'Cine: play or stop', action: { do: 'cine' } },
  { keys: ['u'], says: 'Three planes of the volume', action: { do: 'hang', hanging: 'planes' } },
  { keys: ['y'], says: 'Fusion: anatomy, emission, both', action: { do: 'hang', hanging: 'fusion' } },
  { keys: ['l'], says: 'Link the scrolling of viewports', action: { do: 'link' } },
  { keys: ['g'], says: 'Reference lines on or off', action: { do: 'references' } },
  { keys: ['f'], says: 'Full screen', action: { do: 'fullscreen' } },
  { keys: ['t'], says: 'Text on the image on or off', action: { do: 'overlays' } },
  { keys: [' '], says: 'Reset the view', action: { do: 'reset' } },
  { keys: ['?'], says: 'These keys', action: { do: 'help' } },
  { keys: ['Escape'], says: 'Close', action: { do: 'close' } },
];

/** Keys that the reader has chosen, by what they do. */
let chosen: Readonly<Record<string, readonly string[]>> = recall('keys', 'all') ?? {};
let actions = table();

/** The keys of a binding as they are now. */
export function keysOf({ says, keys }: Binding): readonly string[] {
  return chosen[says] ?? keys;
}

/** Gives a key to a binding, and takes it from the one that had it; remembered in this browser. */
export function rebind(binding: Binding, key: string): void {
  const next: Record<string, readonly string[]> = { ...chosen };
  for (const other of BINDINGS) {
    if (keysOf(other).includes(key)) next[other.says] = keysOf(other).filter((one) => one !== key);
  }
  next[binding.says] = [key];
  choose(next);
}

export function resetKeys(): void {
  choose({});
}

function choose(next: Readonly<Record<string, readonly string[]>>): void {
  chosen = next;
  actions = table();
  remember('keys', 'all', next);
}

function table(): ReadonlyMap<string, Action> {
  return new Map(BINDINGS.flatMap((binding) => keysOf(binding).map((key) => [key, binding.action] as const)));
}

export type Stroke = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** The action of a key stroke, or undefined when it has none. */
export function actionOf(event: Stroke): Action | undefined {
  return event.altKey ? undefined : actions.get(strokeName(event));
}

/** A key stroke as the table writes it. */
export function strokeName(event: Stroke): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const modifiers = `${event.ctrlKey ? 'Control+' : ''}${event.metaKey ? 'Meta+' : ''}`;
  // Shift is part of a character such as "?", but a modifier of letters and named keys.
  const shift = event.shiftKey && (event.key.length > 1 || key !== key.toUpperCase()) ? 'Shift+' : '';
  return `${modifiers}${shift}${key}`;
}

let waiting: ((stroke: string | null) => void) | null = null;

/** Hands the next stroke over instead of acting on it; null for Escape. */
export function takeNextStroke(take: (stroke: string | null) => void): void {
  waiting = take;
}

/** Gives a stroke to who waits for one; modifiers alone are none. */
function handOver(event: KeyboardEvent): boolean {
  if (!waiting) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return true;
  const take = waiting;
  waiting = null;
  take(event.key === 'Escape' ? null : strokeName(event));
  return true;
}

const TYPING =
  'input:not([type=radio], [type=checkbox], [type=range], [type=button]), textarea, [contenteditable=true]';
const OWN_KEYS =
  'input, button, a, select, [role=slider], [role=radio], [role=tab], [role=option], [role=listbox], summary';

/**
 * Listens for keys anywhere on the page, before Streamlit's own shortcuts.
 *
 * Keys stay with a text field while the learner types, and with a control that was reached by keyboard;
 * a control that was clicked gives them back to the images.
 */
export function listenForKeys<A = Action>(
  act: (action: A) => boolean,
  find: (stroke: Stroke) => A | undefined = actionOf as (stroke: Stroke) => A | undefined,
): () => void {
  let byKeyboard = false;
  const pointer = () => {
    byKeyboard = false;
  };
  const keydown = (event: KeyboardEvent) => {
    if (handOver(event)) return;
    const acted = isFree(event.composedPath()[0], byKeyboard) && take(event);
    // From here on the reader walks through the controls.
    if (event.key === 'Tab' && !acted) byKeyboard = true;
  };
  const take = (event: KeyboardEvent): boolean => {
    const action = find(event);
    if (!action || !act(action)) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    return true;
  };
  window.addEventListener('pointerdown', pointer, true);
  window.addEventListener('keydown', keydown, true);
  return () => {
    window.removeEventListener('pointerdown', pointer, true);
    window.removeEventListener('keydown', keydown, true);
  };
}

/** Whether the keys that arrive at an element are the viewer's. */
function isFree(target: EventTarget | undefined, byKeyboard: boolean): boolean {
  if (!(target instanceof Element)) return true;
  if (target.closest(TYPING) || isOpenList(target)) return false;
  return !(byKeyboard && target.closest(OWN_KEYS) && !target.closest('.rv-stage'));
}

/** Whether a list of choices is dropped down, which then takes the keys, also those that arrive here. */
function isOpenList(target: Element): boolean {
  return target.matches(CSS.supports('selector(select:open)') ? 'select:open' : 'select');
}

/** A key as people read it. */
export function keyName(key: string): string {
  const names: Record<string, string> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    PageUp: 'Page ↑',
    PageDown: 'Page ↓',
    Control: 'Ctrl',
    Meta: '⌘',
    Escape: 'Esc',
    ' ': 'Space',
  };
  return key
    .split('+')
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}
