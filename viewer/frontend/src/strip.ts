/** The series of a case as a row of chips: click one into the active viewport, or drag it into any. */
import type { Series } from './payload';

const TYPE = 'application/x-readout-series';

export class Strip {
  readonly element = document.createElement('div');
  readonly #chips = new Map<string, HTMLButtonElement>();

  constructor(all: readonly Series[], open: (id: string) => void) {
    this.element.className = 'rv-strip';
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', 'Series of this case');
    this.element.hidden = all.length < 2;
    for (const series of all) this.element.append(this.#chip(series, () => open(series.id)));
  }

  /** Which series are shown, and which one in the active viewport. */
  show(shown: readonly string[], active: string): void {
    for (const [id, chip] of this.#chips) {
      chip.setAttribute('aria-pressed', String(id === active));
      chip.classList.toggle('rv-shown', shown.includes(id));
    }
  }

  /** Lets a cell take a chip that is dropped on it. */
  acceptDrops(cell: HTMLElement, take: (id: string) => void): () => void {
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes(TYPE)) return;
      event.preventDefault();
      cell.classList.add('rv-drop');
    };
    const leave = (): void => cell.classList.remove('rv-drop');
    const drop = (event: DragEvent): void => {
      leave();
      const id = event.dataTransfer?.getData(TYPE);
      if (!id) return;
      event.preventDefault();
      take(id);
    };
    cell.addEventListener('dragover', over);
    cell.addEventListener('dragleave', leave);
    cell.addEventListener('drop', drop);
    return () => {
      cell.removeEventListener('dragover', over);
      cell.removeEventListener('dragleave', leave);
      cell.removeEventListener('drop', drop);
    };
  }

  #chip({ id, label, modality, frames }: Series, open: () => void): HTMLButtonElement {
    const chip = document.createElement('button');
    const name = document.createElement('b');
    const about = document.createElement('span');
    chip.type = 'button';
    chip.draggable = true;
    chip.dataset['series'] = id;
    chip.title = `${label}: click to show it, or drag it into a viewport`;
    name.textContent = label;
    about.textContent = frames > 1 ? `${modality} · ${frames}` : modality;
    chip.append(name, about);
    chip.addEventListener('click', () => {
      open();
      chip.blur();
    });
    chip.addEventListener('dragstart', (event) => {
      event.dataTransfer?.setData(TYPE, id);
      if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copy';
    });
    this.#chips.set(id, chip);
    return chip;
  }
}
