/** A search field over a short ranked list that mouse, touch and keyboard can reorder. */
import style from './ranking.css?inline';

export type Ranked = { readonly id: string; readonly name: string };

export type PickerPayload = {
  readonly key: string;
  readonly ranked: readonly Ranked[];
  readonly most: number;
  /** Address of the search; the text is added as `q`. */
  readonly search: string;
};

const PAUSE_MS = 120;

export class Picker {
  readonly #payload: PickerPayload;
  readonly #emit: (ranked: readonly Ranked[]) => void;
  readonly #list = document.createElement('ol');
  readonly #field = document.createElement('input');
  readonly #matches = document.createElement('ul');
  readonly #note = document.createElement('p');
  #ranked: Ranked[];
  #found: Ranked[] = [];
  #active = 0;
  #timer = 0;
  #asked = 0;

  constructor(root: HTMLElement, payload: PickerPayload, emit: (ranked: readonly Ranked[]) => void) {
    this.#payload = payload;
    this.#ranked = [...payload.ranked];
    this.#emit = emit;
    const sheet = document.createElement('style');
    sheet.textContent = style;
    this.#list.setAttribute('aria-label', 'Your differential, most likely first');
    this.#note.setAttribute('role', 'status');
    this.#buildField();
    const box = document.createElement('div');
    box.className = 'rp-field';
    box.append(this.#field, this.#matches);
    root.replaceChildren(sheet, this.#list, box, this.#note);
    this.#show();
  }

  #buildField(): void {
    const field = this.#field;
    Object.assign(field, {
      type: 'text',
      autocomplete: 'off',
      spellcheck: false,
      id: `${this.#payload.key}-search`,
    });
    field.setAttribute('role', 'combobox');
    field.setAttribute('aria-label', 'Search a diagnosis');
    field.setAttribute('aria-expanded', 'false');
    field.setAttribute('aria-controls', `${this.#payload.key}-matches`);
    this.#matches.id = `${this.#payload.key}-matches`;
    this.#matches.setAttribute('role', 'listbox');
    this.#matches.setAttribute('aria-label', 'Matching diagnoses');
    field.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => void this.#search(), PAUSE_MS);
    });
    field.addEventListener('keydown', (event) => this.#fieldKey(event));
    field.addEventListener('blur', () => window.setTimeout(() => this.#offer([]), 150));
  }

  async #search(): Promise<void> {
    const text = this.#field.value.trim();
    const asked = ++this.#asked;
    if (text.length < 2) return this.#offer([]);
    try {
      const address = new URL(`${this.#payload.search}?q=${encodeURIComponent(text)}`, document.baseURI);
      const response = await fetch(address);
      if (!response.ok) throw new Error(await response.text());
      const found: Ranked[] = await response.json();
      if (asked !== this.#asked) return;
      this.#offer(found.filter(({ id }) => !this.#ranked.some((one) => one.id === id)));
      this.#say(found.length ? '' : `Nothing called “${text}”. Try another name or fewer letters.`);
    } catch {
      this.#say('The search did not answer. Check the connection and type again.');
    }
  }

  #offer(found: Ranked[]): void {
    this.#found = found;
    this.#active = 0;
    this.#field.setAttribute('aria-expanded', String(found.length > 0));
    this.#matches.replaceChildren(
      ...found.map((match, n) => {
        const option = document.createElement('li');
        option.setAttribute('role', 'option');
        option.id = `${this.#matches.id}-${n}`;
        option.textContent = match.name;
        option.addEventListener('pointerdown', (event) => {
          event.preventDefault();
          this.#add(match);
        });
        return option;
      }),
    );
    this.#highlight();
  }

  #highlight(): void {
    for (const [n, option] of [...this.#matches.children].entries()) {
      option.setAttribute('aria-selected', String(n === this.#active));
    }
    const id = this.#found.length ? `${this.#matches.id}-${this.#active}` : '';
    this.#field.setAttribute('aria-activedescendant', id);
  }

  #fieldKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const match = this.#found[this.#active];
    if (step && this.#found.length) {
      this.#active = (this.#active + step + this.#found.length) % this.#found.length;
      this.#highlight();
    } else if (event.key === 'Enter' && match) {
      this.#add(match);
    } else if (event.key === 'Escape') {
      this.#offer([]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #add(match: Ranked): void {
    this.#field.value = '';
    this.#offer([]);
    this.#change([...this.#ranked, match].slice(0, this.#payload.most));
    this.#field.focus();
  }

  #move(from: number, by: 1 | -1): void {
    const ranked = [...this.#ranked];
    const [moved] = ranked.splice(from, 1);
    if (moved) ranked.splice(Math.max(0, from + by), 0, moved);
    this.#change(ranked);
  }

  #change(ranked: Ranked[]): void {
    this.#ranked = ranked;
    this.#emit(ranked);
    this.#show();
  }

  #show(): void {
    this.#list.replaceChildren(...this.#ranked.map((entry, n) => this.#row(entry, n)));
    const full = this.#ranked.length >= this.#payload.most;
    this.#field.hidden = full;
    this.#field.placeholder = this.#ranked.length ? 'Add the next one…' : 'Type the most likely diagnosis…';
    this.#say(full ? `${this.#payload.most} entries: remove one to add another.` : '');
  }

  #row(entry: Ranked, n: number): HTMLElement {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = entry.name;
    row.append(
      name,
      this.#button('↑', `Move ${entry.name} up`, n > 0, () => this.#move(n, -1)),
      this.#button('↓', `Move ${entry.name} down`, n < this.#ranked.length - 1, () => this.#move(n, 1)),
      this.#button('×', `Remove ${entry.name}`, true, () =>
        this.#change(this.#ranked.filter((one) => one !== entry)),
      ),
    );
    return row;
  }

  #button(sign: string, name: string, enabled: boolean, act: () => void): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.disabled = !enabled;
    button.setAttribute('aria-label', name);
    button.title = name;
    button.addEventListener('click', act);
    return button;
  }

  #say(text: string): void {
    this.#note.textContent = text;
  }
}
