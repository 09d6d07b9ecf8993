import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cine } from './cine';

/** A run of frames that tells where it is, and a display that draws every `ms`. */
class Run {
  frame = 0;
  readonly seen: number[] = [];
  readonly cine: Cine;

  constructor(frames: number, frameTimeMs: number | null) {
    this.cine = new Cine(frameTimeMs, (by) => {
      const wanted = this.frame + by;
      this.frame = this.cine.sweep
        ? Math.min(frames - 1, Math.max(0, wanted))
        : ((wanted % frames) + frames) % frames;
      this.seen.push(this.frame);
      return { frame: this.frame, frames };
    });
  }
}

let now = 0;
let queue: ((at: number) => void)[] = [];

function display(ms: number, times: number): void {
  for (let n = 0; n < times; n++) {
    now += ms;
    const due = queue;
    queue = [];
    for (const draw of due) draw(now);
  }
}

beforeEach(() => {
  now = 0;
  queue = [];
  vi.stubGlobal('performance', { now: () => now });
  vi.stubGlobal('requestAnimationFrame', (draw: (at: number) => void) => queue.push(draw));
  vi.stubGlobal('cancelAnimationFrame', () => {
    queue = [];
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('cine', () => {
  it('takes its rate from the frame time of the file, 1 to 60 a second', () => {
    expect(new Cine(33, () => ({ frame: 0, frames: 1 })).rate).toBeCloseTo(30.3, 1);
    expect(new Cine(5, () => ({ frame: 0, frames: 1 })).rate).toBe(60);
    expect(new Cine(5000, () => ({ frame: 0, frames: 1 })).rate).toBe(1);
    expect(new Cine(null, () => ({ frame: 0, frames: 1 })).rate).toBe(15);
  });

  it('shows ten frames in a second at ten a second, whatever the display does', () => {
    for (const ms of [10, 20, 50]) {
      const run = new Run(96, 100);
      run.cine.toggle();
      display(ms, 1000 / ms);
      expect(run.frame).toBe(10);
      run.cine.stop();
    }
  });

  it('goes round the end', () => {
    const run = new Run(4, 100);
    run.cine.toggle();
    display(100, 6);
    expect(run.seen).toEqual([1, 2, 3, 0, 1, 2]);
  });

  it('sweeps back and forth', () => {
    const run = new Run(4, 100);
    run.cine.sweep = true;
    run.cine.toggle();
    display(100, 8);
    expect(run.seen).toEqual([1, 2, 3, 2, 1, 0, 1, 2]);
  });

  it('does not race to catch up after the page was asleep', () => {
    const run = new Run(96, 100);
    run.cine.toggle();
    display(60_000, 1);
    expect(run.frame).toBeLessThanOrEqual(4);
    display(100, 1);
    expect(run.frame).toBeLessThanOrEqual(5);
  });

  it('stops and starts again', () => {
    const run = new Run(10, 100);
    run.cine.toggle();
    display(100, 2);
    run.cine.toggle();
    expect(run.cine.playing).toBe(false);
    display(100, 5);
    expect(run.frame).toBe(2);
    run.cine.toggle();
    display(100, 1);
    expect(run.frame).toBe(3);
  });
});
