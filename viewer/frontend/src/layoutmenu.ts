/** The menu of viewports: how many, scrolled together or not, with reference lines or not. */
import columns from 'lucide-static/icons/columns-2.svg?raw';
import four from 'lucide-static/icons/grid-2x2.svg?raw';
import large from 'lucide-static/icons/layout-panel-left.svg?raw';
import link from 'lucide-static/icons/link.svg?raw';
import rows from 'lucide-static/icons/rows-2.svg?raw';
import lines from 'lucide-static/icons/ruler.svg?raw';
import one from 'lucide-static/icons/square.svg?raw';
import { LAYOUTS, type Layout } from './grid';
import type { Action } from './keys';
import type { LinkState } from './links';
import { Popover, panelItem } from './popover';

const ICONS: Record<Layout, string> = { '1': one, '1x2': columns, '2x1': rows, '1+2': large, '2x2': four };

const LINKS: Record<LinkState, string> = {
  off: 'Scroll each by itself (L)',
  position: 'Scroll together by position (L)',
  offset: 'Scroll together as lined up (L)',
};

export class LayoutMenu {
  readonly #popover = new Popover('Viewports', four);
  readonly #layouts = new Map<Layout, HTMLButtonElement>();
  readonly #link: HTMLButtonElement;
  readonly #lines: HTMLButtonElement;

  constructor(act: (action: Action) => void) {
    for (const [layout, { says }] of Object.entries(LAYOUTS) as [Layout, { says: string }][]) {
      const item = panelItem(ICONS[layout], says, () => {
        act({ do: 'layout', layout });
        this.#popover.close();
      });
      this.#layouts.set(layout, item);
    }
    this.#link = panelItem(link, '', () => act({ do: 'link' }));
    this.#lines = panelItem(lines, 'Reference lines (G)', () => act({ do: 'references' }));
    this.#popover.panel.append(
      ...this.#layouts.values(),
      document.createElement('hr'),
      this.#link,
      this.#lines,
    );
  }

  get button(): HTMLElement {
    const holder = document.createElement('span');
    holder.className = 'rv-group';
    holder.append(this.#popover.button, this.#popover.panel);
    return holder;
  }

  show(layout: Layout, linked: LinkState, references: boolean): void {
    for (const [one, item] of this.#layouts) item.setAttribute('aria-pressed', String(one === layout));
    this.#link.querySelector('span')!.textContent = LINKS[linked];
    this.#link.setAttribute('aria-pressed', String(linked !== 'off'));
    this.#lines.setAttribute('aria-pressed', String(references));
  }
}
