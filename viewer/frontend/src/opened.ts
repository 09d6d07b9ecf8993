/** An open viewer, the log of it while questions are open, and the replay while one is asked for. */
import type { Payload } from './payload';
import { Replay } from './replay';
import { type Told, Viewer } from './viewer';
import { recordViewing } from './viewing';

/** The viewer's element, which holds it. */
export type Mounted = HTMLElement & { readout?: Opened };

let pageKeys: Promise<typeof import('./pagekeys')> | null = null;

export class Opened {
  readonly viewer: Viewer;
  readonly #root: HTMLElement;
  #told: Told;
  #payload: Payload;
  #recording: ReturnType<typeof recordViewing> | null = null;
  #replay: Replay | null = null;
  readonly #guests: Record<string, { readonly key: string; stop(): void }> = {};

  constructor(root: HTMLElement, payload: Payload, told: Told) {
    this.#root = root;
    this.#payload = payload;
    this.#told = told;
    this.viewer = new Viewer(root, payload, {
      marks: (marks) => {
        this.#recording?.log.marks(this.viewer.marks);
        this.#told.marks(marks);
      },
      annotations: (annotations) => this.#told.annotations(annotations),
    });
    this.#record();
    this.#turnReplay(null);
    this.#inviteAll();
  }

  get payload(): Payload {
    return this.#payload;
  }

  get root(): HTMLElement {
    return this.#root;
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

  /** What was opened before the page knew its attempt now belongs to it; the images stay as they are. */
  join(payload: Payload, told: Told): void {
    this.#told = told;
    this.viewer.join(payload);
    this.update(payload);
    this.#record();
    this.viewer.tell();
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
    const { shown } = this.viewer.box;
    this.#invite('together', together?.url.split('?')[0] ?? '', shown, async () => {
      const { Together } = await import('./together');
      return new Together(this.viewer, this.#root, () => this.#payload.together ?? null);
    });
    // Whoever goes from case to case by keyboard does not wait for each one's images.
    const when = pageKeys ?? shown;
    this.#invite('keys', keys?.length ? JSON.stringify(keys) : '', when, async () => {
      pageKeys ??= import('./pagekeys');
      const { PageKeys } = await pageKeys;
      return new PageKeys(this.#root, keys ?? []);
    });
  }

  #invite(name: string, key: string, when: Promise<unknown>, load: () => Promise<{ stop(): void }>): void {
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
    void when.then(load).then((guest) => {
      leave = () => guest.stop();
      if (gone) guest.stop();
    });
  }

  #record(): void {
    if (!this.#payload.log) return;
    this.#recording = recordViewing(this.#root, this.#payload.log, () => this.viewer.views);
    const { log } = this.#recording;
    this.viewer.onView = (seen) => log.seen(seen);
    log.resume(this.viewer.views);
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
      marks: (marks) =>
        this.viewer.update({ ...this.#payload, marks, outlines: [], keyImages: [], jump: null }),
    });
    this.#root.append(this.#replay.element);
  }
}
