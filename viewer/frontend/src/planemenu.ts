/** The menu of what is cut out of volumes: planes, slabs, fusion. What a series does not allow says why. */
import one from 'lucide-static/icons/axis-3d.svg?raw';
import fusion from 'lucide-static/icons/blend.svg?raw';
import box from 'lucide-static/icons/box.svg?raw';
import stack from 'lucide-static/icons/layers.svg?raw';
import turning from 'lucide-static/icons/rotate-3d.svg?raw';
import type { MapName } from './colour';
import { fusible } from './hanging';
import type { Action } from './keys';
import type { Content, Fusion, Pane, SlabSetting } from './pane';
import type { Series } from './payload';
import { Popover, panelItem } from './popover';

type Change = {
  content(content: Content): void;
  slab(slab: SlabSetting): void;
  fusion(fusion: Fusion): void;
};

export class PlaneMenu {
  readonly element = document.createElement('span');
  readonly #popover = new Popover('Planes, slabs and fusion', box);
  readonly #change: Change;
  readonly #act: (action: Action) => void;
  readonly #items = document.createElement('div');
  readonly #why = document.createElement('p');
  readonly #slab = document.createElement('fieldset');
  readonly #projection = select('Slab', { none: 'no slab', max: 'MIP', min: 'MinIP', mean: 'mean' });
  readonly #mm = number('Slab thickness in mm', 1, 200);
  readonly #fusion = document.createElement('fieldset');
  readonly #opacity = document.createElement('input');
  readonly #map = select('Colour map', { hot: 'hot', rainbow: 'rainbow', green: 'green' });
  readonly #level = select('Fusion range', {});
  #pane: Pane | null = null;
  #shown = '';

  constructor(act: (action: Action) => void, change: Change) {
    this.#act = act;
    this.#change = change;
    this.element.className = 'rv-group';
    Object.assign(this.#opacity, { type: 'range', min: '0', max: '100' });
    this.#opacity.setAttribute('aria-label', 'Fusion opacity');
    this.#slab.append('Slab', this.#projection, this.#mm, ' mm');
    this.#fusion.append('Over', this.#opacity, this.#map, this.#level);
    this.#why.className = 'rv-why';
    this.#popover.panel.append(this.#items, this.#why, this.#slab, this.#fusion);
    this.element.append(this.#popover.button, this.#popover.panel);
    for (const field of [this.#projection, this.#mm])
      field.addEventListener('change', () => this.#tellSlab());
    for (const field of [this.#map, this.#level]) field.addEventListener('change', () => this.#tellFusion());
    this.#opacity.addEventListener('input', () => this.#tellFusion());
  }

  show(pane: Pane | null, all: readonly Series[]): void {
    this.#pane = pane;
    if (!pane) return;
    const shown = JSON.stringify([pane.content, pane.slab, pane.fusion]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const refused = pane.series.mpr;
    const pair = fusible(all, pane.series);
    this.#items.replaceChildren(...this.#offers(pane, refused, pair));
    this.#why.textContent = refused ? `No planes: ${refused}.` : '';
    this.#why.hidden = !refused;
    this.#showSlab(pane.slab);
    this.#showFusion(pane);
  }

  #offers(pane: Pane, refused: string | null, pair: ReturnType<typeof fusible>): HTMLElement[] {
    const { id } = pane.series;
    const hang = (icon: string, says: string, action: Action, possible: boolean) =>
      this.#item(icon, says, () => this.#act(action), { possible, pressed: false });
    const here = (icon: string, says: string, content: Content, possible = !refused) => {
      const pressed = JSON.stringify(content) === JSON.stringify(pane.content);
      return this.#item(icon, says, () => this.#change.content(content), { possible, pressed });
    };
    const over = pair ? { series: pair.anatomy.id, over: pair.emission.id } : null;
    return [
      hang(one, 'Three planes (U)', { do: 'hang', hanging: 'planes' }, !refused),
      ...(pair ? [hang(fusion, 'Fusion, four viewports (Y)', { do: 'hang', hanging: 'fusion' }, true)] : []),
      ...(pair ? [hang(fusion, 'Fusion, three planes', { do: 'hang', hanging: 'fused-planes' }, true)] : []),
      document.createElement('hr'),
      here(stack, 'Here: images as acquired', { kind: 'stack', series: id }, true),
      ...(['axial', 'coronal', 'sagittal'] as const).map((plane) =>
        here(box, `Here: ${plane} plane`, { kind: 'plane', series: id, plane }),
      ),
      ...(over ? [here(fusion, 'Here: axial fusion', { kind: 'plane', plane: 'axial', ...over }, true)] : []),
      here(turning, 'Here: turning MIP', { kind: 'turning', series: id }),
      here(one, 'Here: volume rendering', { kind: 'volume', series: id }),
    ];
  }

  #item(
    icon: string,
    says: string,
    act: () => void,
    { possible, pressed }: { possible: boolean; pressed: boolean },
  ): HTMLButtonElement {
    const item = panelItem(icon, says, () => {
      act();
      this.#popover.close();
    });
    item.disabled = !possible;
    item.setAttribute('aria-pressed', String(pressed));
    return item;
  }

  #showSlab(slab: SlabSetting | undefined): void {
    this.#slab.hidden = !slab;
    if (!slab) return;
    this.#projection.value = slab.projection;
    if (document.activeElement !== this.#mm) this.#mm.value = String(slab.mm);
    this.#mm.disabled = slab.projection === 'none';
  }

  #showFusion({ fusion: now, over }: Pane): void {
    this.#fusion.hidden = !now;
    if (!now || !over) return;
    this.#opacity.value = String(Math.round(now.opacity * 100));
    this.#map.value = now.map;
    const windows = [over.window, ...over.presets.filter(({ name }) => name !== over.window.name)];
    const options = windows.map(({ name, center, width }) => {
      return new Option(name || `${center - width / 2}–${center + width / 2}`, `${center}/${width}`);
    });
    this.#level.replaceChildren(...options);
    this.#level.value = `${now.window.center}/${now.window.width}`;
  }

  #tellSlab(): void {
    const mm = Math.min(200, Math.max(1, Number(this.#mm.value) || 10));
    this.#change.slab({ projection: this.#projection.value as SlabSetting['projection'], mm });
  }

  #tellFusion(): void {
    if (!this.#pane?.fusion) return;
    const [center, width] = this.#level.value.split('/').map(Number) as [number, number];
    const window = { name: this.#level.selectedOptions[0]?.text ?? '', center, width };
    const map = this.#map.value as MapName;
    this.#change.fusion({ opacity: Number(this.#opacity.value) / 100, map, window });
  }
}

function select(name: string, options: Record<string, string>): HTMLSelectElement {
  const element = document.createElement('select');
  element.setAttribute('aria-label', name);
  element.append(...Object.entries(options).map(([value, text]) => new Option(text, value)));
  return element;
}

function number(name: string, least: number, most: number): HTMLInputElement {
  const element = document.createElement('input');
  Object.assign(element, { type: 'number', min: String(least), max: String(most) });
  element.setAttribute('aria-label', name);
  return element;
}
