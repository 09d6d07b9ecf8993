/** The overlay that lists every key and gesture. */
import { BINDINGS, keyName } from './keys';

const GESTURES: readonly (readonly [string, string])[] = [
  ['Left drag', 'the chosen tool; window/level at first'],
  ['Middle drag', 'pan'],
  ['Right drag', 'zoom'],
  ['Wheel', 'scroll; with Ctrl a twentieth of the series'],
  ['Double click', 'full screen'],
  ['One finger', 'scroll up and down'],
  ['Two fingers', 'zoom and pan'],
  ['Long press', 'choose a tool'],
];

export function helpDialog(): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.className = 'rv-help';
  dialog.setAttribute('aria-label', 'Keys and gestures');
  const keys = BINDINGS.filter(({ action }) => action.do !== 'preset' || action.index === 0).map(
    ({ keys, says, action }): [string, string] =>
      action.do === 'preset' ? ['1 – 9', 'Window presets'] : [keys.map(keyName).join('  or  '), says],
  );
  dialog.append(heading('Keys'), list(keys), heading('Mouse and touch'), list(GESTURES));
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  dialog.append(close);
  return dialog;
}

function heading(text: string): HTMLElement {
  const element = document.createElement('h2');
  element.textContent = text;
  return element;
}

function list(rows: readonly (readonly [string, string])[]): HTMLElement {
  const element = document.createElement('dl');
  for (const [term, text] of rows) {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = text;
    element.append(dt, dd);
  }
  return element;
}
