import { describe, expect, it } from 'vitest';
import { Drawings } from './drawings';
import type { Annotation, Mark } from './payload';

const mark = (x: number): Mark => ({ space: 'image', series: 'ct', frame: 0, point: [x, 0] });
const note = (id: string, value = 0): Annotation => ({
  id,
  kind: 'length',
  series: 'ct',
  space: 'image',
  frame: 0,
  points: [],
  value,
  unit: 'px',
});

function drawn(committed: readonly Mark[] = []) {
  const told: unknown[] = [];
  const drawings = new Drawings(
    { marks: [], annotations: [] },
    committed,
    { marks: (marks) => told.push(marks), annotations: (all) => told.push(all) },
    () => {},
  );
  return { drawings, told };
}

describe('what is drawn', () => {
  it('keeps as many marks as the question allows, the newest', () => {
    const { drawings } = drawn();
    for (const x of [1, 2, 3]) drawings.mark(mark(x), 2);
    expect(drawings.pending).toEqual([mark(2), mark(3)]);
    drawings.mark(mark(4), 1);
    expect(drawings.pending).toEqual([mark(4)]);
  });

  it('undoes and does again marks and annotations in one order', () => {
    const { drawings, told } = drawn();
    drawings.mark(mark(1), 1);
    drawings.put(note('a'));
    drawings.undo();
    expect([drawings.pending.length, drawings.annotations.length]).toEqual([1, 0]);
    drawings.undo();
    expect(drawings.pending).toEqual([]);
    drawings.redo();
    drawings.redo();
    expect([drawings.pending.length, drawings.annotations.length]).toEqual([1, 1]);
    expect(drawings.redo()).toBe(false);
    expect(told.at(-1)).toEqual([note('a')]);
  });

  it('takes a move of a handle as one step', () => {
    const { drawings } = drawn();
    drawings.put(note('a', 1));
    drawings.put(note('a', 2));
    drawings.put(note('a', 3), { amend: true });
    expect(drawings.annotations).toEqual([note('a', 3)]);
    drawings.undo();
    expect(drawings.annotations).toEqual([note('a', 1)]);
  });

  it('never takes a committed mark back, and shows it beside the next one', () => {
    const { drawings } = drawn();
    drawings.mark(mark(1), 1);
    drawings.commit([mark(1)], true);
    expect(drawings.pending).toEqual([]);
    drawings.mark(mark(2), 1);
    drawings.undo();
    expect(drawings.undo()).toBe(false);
    expect(drawings.marks).toEqual([mark(1)]);
  });
});
