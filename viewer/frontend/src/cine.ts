/** Plays the frames of a series at their own rate, in a loop or sweeping back and forth. */

const FASTEST = 60;

export class Cine {
  /** Images a second where the file tells none. */
  static readonly usual = 15;
  /** Images a second, 1 to 60. */
  rate: number;
  sweep = false;
  readonly #step: (by: number) => { frame: number; frames: number };
  #timer = 0;
  #direction: 1 | -1 = 1;
  #due = 0;

  /** `step` moves by so many images, around the ends, and tells where it is. */
  constructor(frameTimeMs: number | null, step: (by: number) => { frame: number; frames: number }) {
    this.rate = clampRate(frameTimeMs ? 1000 / frameTimeMs : Cine.usual);
    this.#step = step;
  }

  get playing(): boolean {
    return this.#timer !== 0;
  }

  toggle(): void {
    if (this.playing) return this.stop();
    this.#due = performance.now();
    this.#timer = requestAnimationFrame(this.#tick);
  }

  stop(): void {
    cancelAnimationFrame(this.#timer);
    this.#timer = 0;
  }

  setRate(rate: number): void {
    this.rate = clampRate(rate);
  }

  readonly #tick = (now: number): void => {
    const interval = 1000 / this.rate;
    const steps = Math.floor((now - this.#due) / interval);
    if (steps > 0) {
      this.#due += steps * interval;
      // After a pause of the page the clock starts anew instead of racing to catch up.
      const { frame, frames } = this.#step(this.#direction * Math.min(steps, 4));
      if (this.sweep && (frame === 0 || frame === frames - 1)) this.#direction = frame === 0 ? 1 : -1;
      if (!this.sweep) this.#direction = 1;
    }
    this.#timer = requestAnimationFrame(this.#tick);
  };
}

function clampRate(rate: number): number {
  return Math.min(FASTEST, Math.max(1, rate));
}
