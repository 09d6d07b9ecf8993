/** The row of tools and views above the image. Every control has an accessible name and its key in the tip. */
import captions from 'lucide-static/icons/captions.svg?raw';
import help from 'lucide-static/icons/circle-help.svg?raw';
import contrast from 'lucide-static/icons/contrast.svg?raw';
import crosshair from 'lucide-static/icons/crosshair.svg?raw';
import flipHorizontal from 'lucide-static/icons/flip-horizontal-2.svg?raw';
import flipVertical from 'lucide-static/icons/flip-vertical-2.svg?raw';
import layers from 'lucide-static/icons/layers.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import move from 'lucide-static/icons/move.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import pipette from 'lucide-static/icons/pipette.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import cross from 'lucide-static/icons/plus.svg?raw';
import reset from 'lucide-static/icons/rotate-ccw.svg?raw';
import rotate from 'lucide-static/icons/rotate-cw.svg?raw';
import sun from 'lucide-static/icons/sun.svg?raw';
import zoomIn from 'lucide-static/icons/zoom-in.svg?raw';
import type { Cine } from './cine';
import type { Action, Measure, Tool } from './keys';
import { LayoutMenu } from './layoutmenu';
import { MEASURES, MeasureMenu } from './measuremenu';
import type { Content, Fusion, SlabSetting } from './pane';
import type { Point2, Series } from './payload';
import { PlaneMenu } from './planemenu';
import { presetsOf } from './presets';

type Button = {
  readonly name: string;
  readonly icon: string;
  readonly action: Action;
  readonly key?: string;
};

const TOOLS: readonly Button[] = [
  { name: 'Window/level', icon: sun, action: { do: 'tool', tool: 'window' }, key: 'W' },
  { name: 'Pan', icon: move, action: { do: 'tool', tool: 'pan' }, key: 'P' },
  { name: 'Zoom', icon: zoomIn, action: { do: 'tool', tool: 'zoom' }, key: 'Z' },
  { name: 'Scroll', icon: layers, action: { do: 'tool', tool: 'scroll' }, key: 'S' },
  {
    name: 'Crosshair through all viewports',
    icon: cross,
    action: { do: 'tool', tool: 'crosshair' },
    key: 'X',
  },
  { name: 'Probe the value', icon: pipette, action: { do: 'tool', tool: 'probe' }, key: 'H' },
  { name: 'Mark the finding', icon: crosshair, action: { do: 'tool', tool: 'mark' }, key: 'M' },
];

const VIEWS: readonly Button[] = [
  { name: 'Invert', icon: contrast, action: { do: 'invert' }, key: 'I' },
  { name: 'Rotate by 90°', icon: rotate, action: { do: 'rotate' }, key: 'R' },
  { name: 'Flip left and right', icon: flipHorizontal, action: { do: 'flip', axis: 0 }, key: 'Shift H' },
  { name: 'Flip top and bottom', icon: flipVertical, action: { do: 'flip', axis: 1 }, key: 'Shift V' },
  { name: 'Reset the view', icon: reset, action: { do: 'reset' }, key: 'Space' },
];

const PAGE: readonly Button[] = [
  { name: 'Text on the image', icon: captions, action: { do: 'overlays' }, key: 'T' },
  { name: 'Full screen', icon: maximize, action: { do: 'fullscreen' }, key: 'F' },
  { name: 'Keys and gestures', icon: help, action: { do: 'help' }, key: '?' },
];

type Change = {
  rate(rate: number): void;
  sweep(on: boolean): void;
  series(id: string): void;
  content(content: Content): void;
  slab(slab: SlabSetting): void;
  fusion(fusion: Fusion): void;
};

export class Toolbar {
  readonly element = document.createElement('div');
  readonly #act: (action: Action) => void;
  readonly #tools = new Map<Tool, HTMLButtonElement>();
  readonly #presets = document.createElement('select');
  readonly #series = document.createElement('select');
  readonly #cine = document.createElement('span');
  readonly #play: HTMLButtonElement;
  readonly #rate = document.createElement('input');
  readonly #sweep = document.createElement('input');
  readonly layouts: LayoutMenu;
  readonly planes: PlaneMenu;
  readonly #measures: MeasureMenu;
  #offered = '';

  constructor(act: (action: Action) => void, change: Change) {
    this.#act = act;
    this.element.className = 'rv-bar';
    this.element.setAttribute('role', 'toolbar');
    this.element.setAttribute('aria-label', 'Viewer tools');
    this.#play = this.#button({ name: 'Cine: play or stop', icon: play, action: { do: 'cine' }, key: 'C' });
    this.#select(this.#series, 'Series');
    this.#select(this.#presets, 'Window preset');
    this.#measures = new MeasureMenu(act);
    const tools = this.#group(TOOLS);
    tools.lastElementChild!.before(this.#measures.element);
    this.element.append(this.#series, tools, this.#presets, this.#group(VIEWS));
    this.layouts = new LayoutMenu(act);
    const page = this.#group(PAGE, 'rv-end');
    this.planes = new PlaneMenu(act, change);
    page.prepend(this.planes.element, this.layouts.button);
    this.element.append(this.#cineGroup(change), page);
    this.#presets.addEventListener('change', () => this.#presetChosen());
    this.#series.addEventListener('change', () => {
      change.series(this.#series.value);
      this.#series.blur();
    });
  }

  /** The tools beside a finger that rests on the image, those that measure in a row of their own; gone with the next touch. */
  menu([x, y]: Point2): HTMLElement {
    const menu = document.createElement('div');
    menu.className = 'rv-menu';
    menu.style.left = `clamp(155px, ${x}px, calc(100% - 155px))`;
    menu.style.top = `max(115px, ${y}px)`;
    const shown = ({ action }: Button) => action.do !== 'tool' || !this.#tools.get(action.tool)?.hidden;
    const reading = TOOLS.filter(shown).map((tool) => this.#plain(tool));
    const measuring = (Object.entries(MEASURES) as [Measure, readonly [string, string]][]).map(
      ([tool, [icon, says]]) => this.#plain({ name: says, icon, action: { do: 'tool', tool } }),
    );
    for (const buttons of [reading, measuring]) {
      const row = document.createElement('div');
      row.append(...buttons);
      menu.append(row);
    }
    menu.addEventListener('click', () => menu.remove());
    const touched = (event: PointerEvent) => {
      if (!event.composedPath().includes(menu)) menu.remove();
    };
    window.addEventListener('pointerdown', touched, { once: true, capture: true });
    return menu;
  }

  /** The controls of another series. */
  offer(series: Series, all: readonly Series[], marking: boolean): void {
    this.offerMark(marking);
    if (this.#offered === series.id) return;
    this.#offered = series.id;
    const presets = [
      new Option('Window…', ''),
      new Option(`Opening window: ${series.window.name || 'own'}`, '-1'),
    ];
    for (const [n, { name, width, center }] of presetsOf(series).entries()) {
      presets.push(new Option(`${n + 1}  ${name}  ${width}/${center}`, String(n)));
    }
    presets.push(new Option('Edit presets…', 'edit'));
    this.#presets.replaceChildren(...presets);
    this.#series.replaceChildren(...all.map(({ id, label }) => new Option(label, id)));
    this.#series.value = series.id;
    this.#series.hidden = all.length < 2;
  }

  /** Presets have changed. */
  offerAnew(): void {
    this.#offered = '';
  }

  offerMark(marking: boolean): void {
    this.#tools.get('mark')!.hidden = !marking;
  }

  show(tool: Tool, frames: number, { playing, rate, sweep }: Cine): void {
    this.#cine.hidden = frames < 2;
    this.#measures.show(tool);
    for (const [name, button] of this.#tools) button.setAttribute('aria-pressed', String(name === tool));
    this.#play.setAttribute('aria-pressed', String(playing));
    const icon = playing ? pause : play;
    if (this.#play.dataset['icon'] !== icon) this.#play.innerHTML = icon;
    this.#play.dataset['icon'] = icon;
    if (document.activeElement !== this.#rate) this.#rate.value = String(Math.round(rate));
    this.#sweep.checked = sweep;
  }

  #group(buttons: readonly Button[], className = ''): HTMLElement {
    const group = document.createElement('span');
    group.className = `rv-group ${className}`;
    group.append(...buttons.map((button) => this.#button(button)));
    return group;
  }

  #button(described: Button): HTMLButtonElement {
    const button = this.#plain(described);
    const { action } = described;
    if (action.do === 'tool') {
      button.setAttribute('aria-pressed', 'false');
      this.#tools.set(action.tool, button);
    }
    return button;
  }

  #plain({ name, icon, action, key }: Button): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.innerHTML = icon;
    button.title = key ? `${name} (${key})` : name;
    button.setAttribute('aria-label', name);
    button.addEventListener('click', () => this.#act(action));
    return button;
  }

  #select(select: HTMLSelectElement, name: string): void {
    select.setAttribute('aria-label', name);
    select.title = name;
  }

  #cineGroup(change: Change): HTMLElement {
    this.#cine.className = 'rv-group';
    Object.assign(this.#rate, { type: 'number', min: '1', max: '60', title: 'Images a second' });
    this.#rate.setAttribute('aria-label', 'Images a second');
    this.#rate.addEventListener('change', () => change.rate(Number(this.#rate.value) || 1));
    const label = document.createElement('label');
    this.#sweep.type = 'checkbox';
    this.#sweep.addEventListener('change', () => change.sweep(this.#sweep.checked));
    label.append(this.#sweep, 'sweep');
    label.title = 'Play back and forth';
    const unit = document.createElement('small');
    unit.textContent = '/s';
    this.#cine.append(this.#play, this.#rate, unit, label);
    return this.#cine;
  }

  #presetChosen(): void {
    const index = Number(this.#presets.value);
    if (this.#presets.value === 'edit') this.#act({ do: 'edit-presets' });
    else if (this.#presets.value) this.#act(index < 0 ? { do: 'own-window' } : { do: 'preset', index });
    this.#presets.value = '';
    this.#presets.blur();
  }
}
