/** The dialog in which a reader changes the window presets of one kind of series. */
import type { Series, Window } from './payload';
import { keepPresets, MOST_PRESETS, parsePreset, presetGroup, presetsOf } from './presets';

export function presetDialog(series: Series, changed: () => void): HTMLDialogElement {
  const dialog = document.createElement('dialog');
  dialog.className = 'rv-help rv-presets';
  dialog.setAttribute('aria-label', 'Edit presets');
  const title = document.createElement('h2');
  title.textContent = `Windows for ${presetGroup(series)}`;
  const rows = document.createElement('div');
  const fault = document.createElement('p');
  fault.className = 'rv-fault';
  fault.setAttribute('role', 'alert');
  const fill = (): void => rows.replaceChildren(headings(series), ...presetsOf(series).map(row));
  fill();
  const footer = document.createElement('footer');
  const leave = (): void => {
    dialog.close();
    changed();
  };
  footer.append(
    button('Save', () => {
      const found = [...rows.querySelectorAll<HTMLElement>('.rv-preset')].map(read);
      const wrong = found.find((one) => typeof one === 'string');
      fault.textContent = wrong ?? '';
      if (wrong) return;
      keepPresets(series, found as Window[]);
      leave();
    }),
    button('Add', () => {
      if (rows.querySelectorAll('.rv-preset').length < MOST_PRESETS) {
        rows.append(row({ name: '', width: Number.NaN, center: Number.NaN }));
        rows.lastElementChild?.querySelector('input')?.focus();
      } else fault.textContent = `There are keys for ${MOST_PRESETS} presets.`;
    }),
    button('As they were', () => {
      keepPresets(series, null);
      leave();
    }),
    button('Cancel', () => dialog.close()),
  );
  dialog.append(title, rows, fault, footer);
  dialog.addEventListener('close', () => dialog.remove());
  return dialog;
}

function headings({ unit }: Series): HTMLElement {
  const element = document.createElement('div');
  element.className = 'rv-preset-head';
  for (const text of ['Name', unit ? `Width, ${unit}` : 'Width', unit ? `Level, ${unit}` : 'Level', '']) {
    const cell = document.createElement('span');
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}

function row({ name, width, center }: Window): HTMLElement {
  const element = document.createElement('div');
  element.className = 'rv-preset';
  const text = (value: number): string => (Number.isNaN(value) ? '' : String(value));
  element.append(
    field('Name', name),
    field('Width', text(width)),
    field('Level', text(center)),
    button('Remove', () => element.remove()),
  );
  return element;
}

function read(element: HTMLElement): Window | string {
  const [name, width, center] = [...element.querySelectorAll('input')].map((input) => input.value);
  return parsePreset(name ?? '', width ?? '', center ?? '');
}

function field(name: string, value: string): HTMLInputElement {
  const element = document.createElement('input');
  element.type = 'text';
  element.value = value;
  element.setAttribute('aria-label', name);
  return element;
}

function button(text: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = text;
  element.addEventListener('click', act);
  return element;
}
