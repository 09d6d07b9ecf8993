/** Reading one case in several browsers: says what is shown here, and follows whoever moves the images elsewhere. */
import type { Invitation, Point2 } from './payload';
import { canvasPoint, type Pointed, pointed, putOn, type Shared, sameContent, sharedView } from './sharing';
import style from './together.css?inline';
import type { Viewer } from './viewer';
import type { Viewport } from './viewport';

type Fellow = { readonly id: number; readonly name: string };
type Told = {
  readonly there?: { readonly who: readonly Fellow[]; readonly you: number };
  readonly shown?: { readonly by: number; readonly view: Shared | null };
};

const ENDED = 4404;
const FIRST_TRY_MS = 500;
const LAST_TRY_MS = 5000;
const SAID_MS = 6000;

export class Together {
  readonly #viewer: Viewer;
  readonly #root: HTMLElement;
  readonly #invitation: () => Invitation | null;
  readonly #status = document.createElement('div');
  readonly #style = document.createElement('style');
  readonly #cursors = new Map<Viewport, HTMLElement>();
  /** What was last shown in each viewport that is known to the others or comes from them. */
  readonly #known = new Map<Viewport, string>();
  #socket: WebSocket | null = null;
  #tries = 0;
  #timer = 0;
  #saying = 0;
  #who: readonly Fellow[] = [];
  #you = 0;
  #by = 0;
  #pointer = '';
  #elsewhere: (Pointed & { readonly series: string }) | null = null;
  #queued = false;
  #next: Shared | null = null;
  #busy = false;

  constructor(viewer: Viewer, root: HTMLElement, invitation: () => Invitation | null) {
    this.#viewer = viewer;
    this.#root = root;
    this.#invitation = invitation;
    this.#style.textContent = style;
    this.#status.className = 'rv-together';
    this.#status.setAttribute('role', 'status');
    root.append(this.#style, this.#status);
    viewer.onChange = () => this.#soon();
    window.addEventListener('online', this.#connect);
    this.#connect();
  }

  stop(): void {
    this.#viewer.onChange = () => {};
    window.removeEventListener('online', this.#connect);
    clearTimeout(this.#timer);
    clearTimeout(this.#saying);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const element of this.#cursors.values()) element.remove();
    this.#status.remove();
    this.#style.remove();
    delete this.#root.dataset['together'];
  }

  readonly #connect = (): void => {
    const url = this.#invitation()?.url;
    if (!url || (this.#socket && this.#socket.readyState <= WebSocket.OPEN)) return;
    clearTimeout(this.#timer);
    if (!this.#tries) this.#say('joining', 'Joining…');
    const socket = new WebSocket(new URL(url, document.baseURI).href.replace(/^http/, 'ws'));
    this.#socket = socket;
    let first = true;
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#tries = 0;
      this.#hear(JSON.parse(data), first);
      first = false;
    };
    socket.onclose = ({ code }) => this.#socket === socket && this.#lost(code);
  };

  #lost(code: number): void {
    this.#socket = null;
    this.#who = [];
    this.#elsewhere = null;
    this.#place();
    if (code === ENDED) return this.#say('ended', 'This shared reading has ended. Begin a new one.');
    const long = this.#tries > 4 ? ' Reload the page if it stays so.' : '';
    this.#say('lost', `Connection lost. Trying again…${long}`);
    this.#timer = window.setTimeout(this.#connect, Math.min(LAST_TRY_MS, FIRST_TRY_MS * 2 ** this.#tries++));
  }

  #hear({ there, shown }: Told, first: boolean): void {
    if (there) this.#meet(there.who, there.you, first);
    if (shown) this.#follow(shown.by, shown.view);
    else if (first) this.#known.clear();
    // Nobody has moved yet: what stands here is what is shown.
    if (first && !shown) this.#soon();
  }

  #meet(who: readonly Fellow[], you: number, first: boolean): void {
    const gone = first ? undefined : this.#who.find(({ id }) => !who.some((one) => one.id === id));
    this.#who = who;
    this.#you = you;
    if (gone?.id === this.#by) this.#elsewhere = null;
    this.#place();
    clearTimeout(this.#saying);
    if (!gone) return this.#sayWho();
    this.#say('joined', `${gone.name} has left.`);
    this.#saying = window.setTimeout(() => this.#sayWho(), SAID_MS);
  }

  #sayWho(): void {
    const others = this.#who.filter(({ id }) => id !== this.#you).map(({ name }) => name);
    const code = this.#invitation()?.code ?? '';
    this.#say(
      'joined',
      others.length
        ? `Reading together with ${others.join(', ')}`
        : `Nobody else is here yet. They join with ${code}.`,
    );
  }

  #say(state: 'joining' | 'joined' | 'lost' | 'ended', text: string): void {
    this.#root.dataset['together'] = state;
    this.#root.dataset['fellows'] = String(this.#who.filter(({ id }) => id !== this.#you).length);
    this.#status.textContent = text;
  }

  #follow(by: number, view: Shared | null): void {
    this.#by = by;
    const name = this.#who.find(({ id }) => id === by)?.name ?? 'Somebody';
    if (!view) {
      this.#elsewhere = null;
      this.#place();
      return this.#say('joined', `${name} looks at a series that is not open here yet.`);
    }
    if (this.#status.textContent?.endsWith('not open here yet.')) this.#sayWho();
    this.#next = view;
    // What comes while a series is being opened waits, and only the newest of it counts.
    if (!this.#busy) void this.#followNext();
  }

  async #followNext(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#next) {
        const view = this.#next;
        this.#next = null;
        const showing = this.#show(view);
        if (showing) await showing;
        this.#elsewhere = view.cursor && { ...view.cursor, series: view.content.series };
        this.#remember();
        this.#place();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Shows what others see; at once when the viewport has the content already. */
  #show(view: Shared): Promise<void> | undefined {
    const { box } = this.#viewer;
    if (!box.find(view.content.series)) return undefined;
    const { grid } = box;
    const shows = ({ pane }: Viewport): boolean => Boolean(pane && sameContent(pane.content, view.content));
    const viewport = [grid.active, ...grid.visible].find(shows) ?? grid.active;
    if (shows(viewport) && viewport.ready) {
      this.#put(viewport, view);
      return undefined;
    }
    const opened = shows(viewport) ? viewport.opened : box.open(viewport, view.content);
    return opened.then(() => this.#put(viewport, view));
  }

  #put(viewport: Viewport, view: Shared): void {
    const pane = viewport.ready;
    if (!pane) return;
    const { box } = this.#viewer;
    box.grid.activate(viewport);
    viewport.cine.stop();
    box.go(viewport, view.frame);
    putOn(viewport, pane, view);
    box.touch(viewport);
  }

  /** Something here may have changed; said once for all that a gesture does. */
  #soon(): void {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.#tell();
      this.#place();
    });
  }

  #tell(): void {
    if (this.#busy || this.#socket?.readyState !== WebSocket.OPEN || !this.#you) return;
    const { grid } = this.#viewer.box;
    const viewport = grid.visible.find(({ pointer }) => pointer) ?? grid.active;
    const { pointer, ready: pane } = viewport;
    const view = sharedView(viewport);
    const at = pointer ? pointer.join() : '';
    if (!pane || !view) return;
    // A pointer that rests points at another place when the image moves beneath it: that is no gesture.
    if (JSON.stringify(view) === this.#known.get(viewport) && at === this.#pointer) return;
    this.#pointer = at;
    this.#remember();
    this.#elsewhere = null;
    this.#socket.send(JSON.stringify({ ...view, cursor: pointer && pointed(pane, pointer) }));
  }

  #remember(): void {
    for (const viewport of this.#viewer.box.grid.visible)
      this.#known.set(viewport, JSON.stringify(sharedView(viewport)));
  }

  /** Puts the pointer of whoever moves the images where it is in the patient. */
  #place(): void {
    const { box } = this.#viewer;
    const { visible } = box.grid;
    const series = this.#elsewhere && box.find(this.#elsewhere.series);
    for (const [viewport, element] of this.#cursors)
      if (!visible.includes(viewport) || !series) element.hidden = true;
    for (const viewport of series ? visible : []) {
      const pane = viewport.ready;
      const at = pane && canvasPoint(pane, this.#elsewhere!, series!);
      this.#move(viewport, at ?? null);
    }
  }

  #move(viewport: Viewport, at: Point2 | null): void {
    const element = this.#cursors.get(viewport) ?? cursorElement();
    this.#cursors.set(viewport, element);
    if (element.parentElement !== viewport.element) viewport.element.append(element);
    element.hidden = !at;
    if (!at) return;
    element.style.transform = `translate(${at[0]}px, ${at[1]}px)`;
    const name = this.#who.find(({ id }) => id === this.#by)?.name ?? '';
    if (element.textContent !== name) element.lastElementChild!.textContent = name;
  }
}

function cursorElement(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'rv-fellow';
  element.append(document.createElement('i'), document.createElement('span'));
  return element;
}
