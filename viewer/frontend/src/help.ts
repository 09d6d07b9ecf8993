/** The overlay that lists every key and gesture. */
import { BINDINGS, type Binding, keyName, keysOf, rebind, resetKeys, takeNextStroke } from './keys';

const GESTURES: readonly (readonly [string, string])[] = [
  ['Left drag', 'the chosen tool; window/level at first'],
  ['Middle drag', 'pan'],
  ['Right drag', 'zoom'],
  ['Wheel', 'scroll; with Ctrl a twentieth of the series'],
  ['Double click', 'one viewport full, else full screen'],
  ['Drag a series', 'into the viewport that shall show it'],
  ['One finger', 'scroll up and down'],
  ['Two fingers', 'zoom and pan'],
  ['Long press', 'choose a tool'],
];

export function helpDialog(): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.className = 'rv-help';
  dialog.setAttribute('aria-label', 'Keys and gestures');
  const keys = document.createElement('dl');
  const fill = (): void => keys.replaceChildren(...BINDINGS.flatMap((binding) => row(binding, fill)));
  fill();
  const hint = document.createElement('p');
  hint.textContent = 'Click a key to choose another one.';
  const buttons = document.createElement('footer');
  buttons.append(
    button('Close', () => dialog.close()),
    button('All keys as they were', () => {
      resetKeys();
      fill();
    }),
  );
  const title = heading('Keys');
  // The dialog opens at its top, and with no key marked.
  title.tabIndex = -1;
  title.autofocus = true;
  dialog.append(title, hint, keys, heading('Mouse and touch'), list(GESTURES), buttons);
  return dialog;
}

/** What a binding does, and its keys, which can be changed; the nine presets stand together. */
function row(binding: Binding, changed: () => void): HTMLElement[] {
  const { says, action } = binding;
  if (action.do === 'preset') return action.index === 0 ? pair('1 – 9', 'Window presets') : [];
  const key = button(keysOf(binding).map(keyName).join('  or  ') || 'none', () => ask(key, binding, changed));
  key.className = 'rv-key';
  key.title = 'Choose another key';
  return pair(key, says);
}

/** Takes the next stroke as the key of a binding; Escape leaves it. */
function ask(key: HTMLButtonElement, binding: Binding, changed: () => void): void {
  key.textContent = 'press a key';
  takeNextStroke((stroke) => {
    if (stroke) rebind(binding, stroke);
    changed();
  });
}

function button(text: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = text;
  element.addEventListener('click', act);
  return element;
}

function pair(term: string | HTMLElement, text: string): HTMLElement[] {
  const group = document.createElement('div');
  const dt = document.createElement('dt');
  const dd = document.createElement('dd');
  dt.append(term);
  dd.textContent = text;
  group.append(dt, dd);
  return [group];
}

function heading(text: string): HTMLElement {
  const element = document.createElement('h2');
  element.textContent = text;
  return element;
}

function list(rows: readonly (readonly [string, string])[]): HTMLElement {
  const element = document.createElement('dl');
  element.append(...rows.flatMap(([term, text]) => pair(term, text)));
  return element;
}
