/** A button that drops down a panel; the browser closes it with Escape or a click elsewhere. */

export class Popover {
  readonly button = document.createElement('button');
  readonly panel = document.createElement('div');

  constructor(name: string, icon: string) {
    this.button.type = 'button';
    this.button.innerHTML = icon;
    this.button.title = name;
    this.button.setAttribute('aria-label', name);
    this.button.setAttribute('aria-haspopup', 'true');
    this.button.setAttribute('aria-expanded', 'false');
    this.panel.className = 'rv-panel';
    this.panel.popover = 'auto';
    this.panel.setAttribute('role', 'group');
    this.panel.setAttribute('aria-label', name);
    this.button.popoverTargetElement = this.panel;
    this.panel.addEventListener('toggle', (event) => {
      const open = event.newState === 'open';
      this.button.setAttribute('aria-expanded', String(open));
      if (open) this.#place();
    });
  }

  close(): void {
    if (this.panel.matches(':popover-open')) this.panel.hidePopover();
  }

  /** Under the button, within the window. */
  #place(): void {
    const box = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.panel;
    const left = Math.max(6, Math.min(box.left, innerWidth - width - 6));
    const top = Math.min(box.bottom + 4, Math.max(6, innerHeight - height - 6));
    Object.assign(this.panel.style, { left: `${left}px`, top: `${top}px` });
  }
}

/** A row of a panel: a sign and words, pressed or not. */
export function panelItem(icon: string, says: string, act: () => void): HTMLButtonElement {
  const item = document.createElement('button');
  const words = document.createElement('span');
  item.type = 'button';
  item.innerHTML = icon;
  words.textContent = says;
  item.append(words);
  item.addEventListener('click', act);
  return item;
}
