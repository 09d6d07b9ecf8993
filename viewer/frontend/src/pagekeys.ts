/** Keys of the page around the viewer: each presses a button of it or goes to a field, and the help lists it. */
import { keyName, listenForKeys, type Stroke, strokeName } from './keys';
import type { PageKey } from './payload';

export class PageKeys {
  readonly #keys: ReadonlyMap<string, PageKey>;
  readonly #help: HTMLElement[];
  readonly #unlisten: () => void;

  constructor(root: HTMLElement, keys: readonly PageKey[]) {
    this.#keys = new Map(keys.map((one) => [one.key, one]));
    this.#help = listed(keys);
    root.querySelector('.rv-help > dl')?.before(...this.#help);
    const unlisten = listenForKeys<PageKey>(press, (stroke) => this.#find(stroke));
    window.addEventListener('keydown', leaveText, true);
    this.#unlisten = () => {
      unlisten();
      window.removeEventListener('keydown', leaveText, true);
    };
  }

  stop(): void {
    this.#unlisten();
    for (const element of this.#help) element.remove();
  }

  #find(stroke: Stroke): PageKey | undefined {
    return stroke.altKey ? undefined : this.#keys.get(strokeName(stroke));
  }
}

/** Presses a button, or goes to a field; false when there is none, or it takes nothing now. */
function press({ target }: PageKey): boolean {
  // A slider has use for the arrow keys itself.
  if (document.activeElement instanceof HTMLInputElement && document.activeElement.type === 'range')
    return false;
  const element = document.querySelector<HTMLElement>(target);
  if (!element || element.matches(':disabled')) return false;
  if (element instanceof HTMLTextAreaElement) element.focus();
  else element.click();
  return true;
}

/** Escape gives the keys back to the images. */
function leaveText(event: KeyboardEvent): void {
  if (event.key === 'Escape' && event.target instanceof HTMLTextAreaElement) event.target.blur();
}

function listed(keys: readonly PageKey[]): HTMLElement[] {
  const list = document.createElement('dl');
  for (const { key, says } of keys) {
    const group = document.createElement('div');
    const [term, text] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = keyName(key);
    text.textContent = says;
    group.append(term, text);
    list.append(group);
  }
  const title = document.createElement('h2');
  title.textContent = 'The viewer';
  return [list, title];
}
