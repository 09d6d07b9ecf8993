/** Mounts the viewer in its Streamlit component; a rerun with the same case keeps it as it is. */
import type { FrontendRenderer } from '@streamlit/component-v2-lib';
import type { Payload, ViewerState } from './payload';
import { Replay } from './replay';
import style from './style.css?inline';
import { type Told, Viewer } from './viewer';
import { recordViewing } from './viewing';

type Mounted = HTMLElement & { readout?: Opened };

const RESTED_MS = 300;

/** An open viewer, the log of it while questions are open, and the replay while one is asked for. */
class Opened {
  readonly viewer: Viewer;
  readonly #root: HTMLElement;
  #payload: Payload;
  #recording: ReturnType<typeof recordViewing> | null = null;
  #replay: Replay | null = null;
  readonly #guests: Record<string, { readonly key: string; stop(): void }> = {};

  constructor(root: HTMLElement, payload: Payload, told: Told) {
    this.#root = root;
    this.#payload = payload;
    this.viewer = new Viewer(root, payload, {
      ...told,
      marks: (marks) => {
        this.#recording?.log.marks(this.viewer.marks);
        told.marks(marks);
      },
    });
    if (payload.log) {
      this.#recording = recordViewing(root, payload.log, () => this.viewer.views);
      const { log } = this.#recording;
      this.viewer.onView = (seen) => log.seen(seen);
      log.resume(this.viewer.views);
    }
    this.#turnReplay(null);
    this.#inviteAll();
  }

  get key(): string {
    return this.#payload.key;
  }

  update(payload: Payload): void {
    const before = this.#payload.replay;
    this.#payload = payload;
    if (!payload.log) this.#stopRecording();
    // While a replay runs it says what stands on the images.
    if (!payload.replay) this.viewer.update(payload);
    this.#turnReplay(before);
    this.#inviteAll();
  }

  destroy(): void {
    for (const guest of Object.values(this.#guests)) guest.stop();
    this.#stopRecording();
    this.#replay?.stop();
    this.viewer.destroy();
  }

  /** What few readers need is loaded when Python asks for it, once the first image stands. */
  #inviteAll(): void {
    const { together, keys } = this.#payload;
    this.#invite('together', together?.url.split('?')[0] ?? '', async () => {
      const { Together } = await import('./together');
      return new Together(this.viewer, this.#root, () => this.#payload.together ?? null);
    });
    this.#invite('keys', keys?.length ? JSON.stringify(keys) : '', async () => {
      const { PageKeys } = await import('./pagekeys');
      return new PageKeys(this.#root, keys ?? []);
    });
  }

  #invite(name: string, key: string, load: () => Promise<{ stop(): void }>): void {
    const before = this.#guests[name];
    if ((before?.key ?? '') === key) return;
    before?.stop();
    delete this.#guests[name];
    if (!key) return;
    let gone = false;
    let leave = (): void => {};
    const stop = (): void => {
      gone = true;
      leave();
    };
    this.#guests[name] = { key, stop };
    void this.viewer.box.shown.then(load).then((guest) => {
      leave = () => guest.stop();
      if (gone) guest.stop();
    });
  }

  #stopRecording(): void {
    this.#recording?.stop();
    this.#recording = null;
    this.viewer.onView = () => {};
  }

  #turnReplay(before: Payload['replay']): void {
    const { replay } = this.#payload;
    if (Boolean(before) === Boolean(replay) && this.#replay) return;
    this.#replay?.stop();
    this.#replay = null;
    if (!replay) return;
    this.#replay = new Replay(replay, {
      show: (target) => this.viewer.show(target),
      marks: (marks) => this.viewer.update({ ...this.#payload, marks, outlines: [], jump: null }),
    });
    this.#root.append(this.#replay.element);
  }
}

const mount: FrontendRenderer<ViewerState, Payload> = ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector<Mounted>('.rv');
  if (!root) return () => {};
  ensureStyle();
  if (root.readout?.key === data.key) {
    root.readout.update(data);
  } else {
    root.readout?.destroy();
    root.readout = new Opened(root, data, {
      marks: (marks) => setStateValue('marks', marks),
      annotations: later((annotations) => setStateValue('annotations', annotations)),
    });
  }
  return () => {
    root.readout?.destroy();
    delete root.readout;
  };
};

/** Tells only the last of what comes in quick succession: every telling runs the page's script. */
function later<T>(tell: (value: T) => void): (value: T) => void {
  let timer = 0;
  return (value) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => tell(value), RESTED_MS);
  };
}

function ensureStyle(): void {
  if (document.getElementById('rv-style')) return;
  const element = document.createElement('style');
  element.id = 'rv-style';
  element.textContent = style;
  document.head.append(element);
}

export default mount;
