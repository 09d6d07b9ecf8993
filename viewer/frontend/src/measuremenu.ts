/** The menu of what draws and measures; its button shows the tool that was used last. */
import cobb from 'lucide-static/icons/chevrons-left-right.svg?raw';
import ellipse from 'lucide-static/icons/circle-dashed.svg?raw';
import angle from 'lucide-static/icons/drafting-compass.svg?raw';
import eraser from 'lucide-static/icons/eraser.svg?raw';
import freehand from 'lucide-static/icons/lasso.svg?raw';
import arrow from 'lucide-static/icons/move-up-right.svg?raw';
import redo from 'lucide-static/icons/redo-2.svg?raw';
import length from 'lucide-static/icons/ruler.svg?raw';
import undo from 'lucide-static/icons/undo-2.svg?raw';
import type { Action, Measure, Tool } from './keys';
import { Popover, panelItem } from './popover';

/** What draws and measures: icon and name with its key. */
export const MEASURES: Record<Measure, readonly [icon: string, says: string]> = {
  length: [length, 'Length (D)'],
  angle: [angle, 'Angle (A)'],
  cobb: [cobb, 'Cobb angle (Shift A)'],
  ellipse: [ellipse, 'Ellipse region (E)'],
  freehand: [freehand, 'Freehand region (O)'],
  arrow: [arrow, 'Arrow with text (N)'],
  erase: [eraser, 'Eraser (Q)'],
};

export class MeasureMenu {
  readonly element = document.createElement('span');
  readonly #popover = new Popover('Measure and draw', length);
  readonly #items = new Map<Measure, HTMLButtonElement>();

  constructor(act: (action: Action) => void) {
    this.element.className = 'rv-measures';
    for (const [tool, [icon, says]] of Object.entries(MEASURES) as [Measure, [string, string]][]) {
      const item = panelItem(icon, says, () => {
        act({ do: 'tool', tool });
        this.#popover.close();
      });
      this.#items.set(tool, item);
    }
    this.#popover.panel.append(
      ...this.#items.values(),
      document.createElement('hr'),
      panelItem(undo, 'Undo (Ctrl Z)', () => act({ do: 'undo' })),
      panelItem(redo, 'Redo (Ctrl Shift Z)', () => act({ do: 'redo' })),
    );
    this.element.append(this.#popover.button, this.#popover.panel);
  }

  show(tool: Tool): void {
    const own = tool in MEASURES ? (tool as Measure) : null;
    const { button } = this.#popover;
    button.setAttribute('aria-pressed', String(own !== null));
    if (own && button.dataset['tool'] !== own) {
      button.dataset['tool'] = own;
      button.innerHTML = MEASURES[own][0];
    }
    for (const [one, item] of this.#items) item.setAttribute('aria-pressed', String(one === tool));
  }
}
