/**
 * What a learner has put on the images: marks that answer a question, and annotations. One history for both.
 *
 * Committed marks are shown and never changed; only the others are told to Python.
 */
import type { Annotation, Mark } from './payload';

type Drawn = { readonly marks: readonly Mark[]; readonly annotations: readonly Annotation[] };

export type Told = { marks(marks: readonly Mark[]): void; annotations(all: readonly Annotation[]): void };

export class Drawings {
  readonly #told: Told;
  readonly #changed: () => void;
  #now: Drawn;
  #committed: readonly Mark[];
  #before: Drawn[] = [];
  #after: Drawn[] = [];

  constructor(start: Drawn, committed: readonly Mark[], told: Told, changed: () => void) {
    this.#now = start;
    this.#committed = committed;
    this.#told = told;
    this.#changed = changed;
  }

  /** All marks on the images, the committed ones first. */
  get marks(): readonly Mark[] {
    return [...this.#committed, ...this.#now.marks];
  }

  /** The marks that may still be changed. */
  get pending(): readonly Mark[] {
    return this.#now.marks;
  }

  get annotations(): readonly Annotation[] {
    return this.#now.annotations;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  /** Takes what has been committed; a mark among it is no longer pending, and no mark is when none may be placed. */
  commit(committed: readonly Mark[], marking: boolean): void {
    const known = new Set(committed.map(placeKey));
    const pending = marking ? this.#now.marks.filter((mark) => !known.has(placeKey(mark))) : [];
    this.#committed = committed;
    if (pending.length === this.#now.marks.length) return;
    this.#now = { ...this.#now, marks: pending };
    this.#before = [];
    this.#after = [];
  }

  /** Takes the annotations that were kept elsewhere; a fresh start for undoing. */
  restore(annotations: readonly Annotation[]): void {
    this.#now = { ...this.#now, annotations };
    this.#before = [];
    this.#after = [];
  }

  /** Places a mark; of more than `most` the oldest goes. */
  mark(mark: Mark, most: number): void {
    this.#set({ ...this.#now, marks: [...this.#now.marks, mark].slice(-most) });
  }

  unmark(mark: Mark): void {
    this.#set({ ...this.#now, marks: this.#now.marks.filter((one) => one !== mark) });
  }

  /** Adds an annotation, or changes the one with its id; `amend` makes it part of the last step. */
  put(annotation: Annotation, { amend = false } = {}): void {
    const known = this.#now.annotations.some(({ id }) => id === annotation.id);
    const annotations = known
      ? this.#now.annotations.map((one) => (one.id === annotation.id ? annotation : one))
      : [...this.#now.annotations, annotation];
    if (amend) this.#become({ ...this.#now, annotations });
    else this.#set({ ...this.#now, annotations });
  }

  remove(id: string): void {
    this.#set({ ...this.#now, annotations: this.#now.annotations.filter((one) => one.id !== id) });
  }

  undo(): boolean {
    const before = this.#before.pop();
    if (!before) return false;
    this.#after.push(this.#now);
    this.#become(before);
    return true;
  }

  redo(): boolean {
    const after = this.#after.pop();
    if (!after) return false;
    this.#before.push(this.#now);
    this.#become(after);
    return true;
  }

  #set(next: Drawn): void {
    this.#before.push(this.#now);
    this.#after = [];
    this.#become(next);
  }

  #become(next: Drawn): void {
    const { marks, annotations } = this.#now;
    this.#now = next;
    if (marks !== next.marks) this.#told.marks(next.marks);
    if (annotations !== next.annotations) this.#told.annotations(next.annotations);
    this.#changed();
  }
}

function placeKey(mark: Mark): string {
  return JSON.stringify([mark.space, mark.space === 'image' ? mark.frame : null, mark.point]);
}
