/** Shows a reading again as it was: its images, windows and marks, at up to eight times the speed. */
import type { Target } from './lightbox';
import type { Mark, Recording } from './payload';

type Host = { show(target: Target): Promise<void>; marks(marks: readonly Mark[]): void };

const SPEEDS = [1, 2, 4, 8] as const;

/** The run on screen at a time, the one that began last; null before the first. */
export function runAt(runs: Recording['runs'], time: number): Recording['runs'][number] | null {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]![0] <= time) low = middle + 1;
    else high = middle;
  }
  return runs[low - 1] ?? null;
}

/** The marks that were on the images at a time. */
export function marksAt(marks: Recording['marks'], time: number): readonly Mark[] {
  return marks.findLast(([at]) => at <= time)?.[1] ?? [];
}

export class Replay {
  readonly element = document.createElement('div');
  readonly #recording: Recording;
  readonly #host: Host;
  readonly #play = document.createElement('button');
  readonly #speed = document.createElement('select');
  readonly #slider = document.createElement('input');
  readonly #clock = document.createElement('output');
  #time = 0;
  #playing = false;
  #frame = 0;
  #shown: unknown = null;
  #marked: readonly Mark[] | null = null;

  constructor(recording: Recording, host: Host) {
    this.#recording = recording;
    this.#host = host;
    this.element.className = 'rv-replay';
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', 'Replay of the reading');
    this.#play.type = 'button';
    this.#play.addEventListener('click', () => this.#turn(!this.#playing));
    this.#speed.setAttribute('aria-label', 'Speed');
    this.#speed.append(...SPEEDS.map((speed) => new Option(`${speed}×`, String(speed))));
    this.#speed.value = '4';
    Object.assign(this.#slider, { type: 'range', min: '0', step: '100', value: '0' });
    this.#slider.max = String(recording.duration);
    this.#slider.setAttribute('aria-label', 'Time');
    this.#slider.addEventListener('input', () => this.#seek(Number(this.#slider.value)));
    this.element.append(this.#play, this.#slider, this.#clock, this.#speed);
    this.#seek(0);
    this.#turn(true);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  #turn(on: boolean): void {
    cancelAnimationFrame(this.#frame);
    this.#playing = on;
    this.#play.textContent = on ? '❚❚' : '▶';
    this.#play.setAttribute('aria-label', on ? 'Pause the replay' : 'Play the replay');
    if (!on) return;
    if (this.#time >= this.#recording.duration) this.#seek(0);
    let before = performance.now();
    const step = (now: number) => {
      this.#seek(this.#time + (now - before) * Number(this.#speed.value));
      before = now;
      if (this.#time >= this.#recording.duration) this.#turn(false);
      else this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #seek(time: number): void {
    const { runs, marks, duration } = this.#recording;
    this.#time = Math.min(duration, Math.max(0, time));
    this.#slider.value = String(Math.round(this.#time));
    this.#clock.textContent = `${clock(this.#time)} / ${clock(duration)}`;
    this.#slider.setAttribute('aria-valuetext', this.#clock.textContent);
    const run = runAt(runs, this.#time);
    if (run && run !== this.#shown) {
      this.#shown = run;
      const [, , , series, frame, center, width] = run;
      void this.#host.show({ series, frame, window: { name: '', center, width } });
    }
    const marked = marksAt(marks, this.#time);
    if (marked !== this.#marked) this.#host.marks(marked);
    this.#marked = marked;
    this.element.dataset['time'] = String(Math.round(this.#time));
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
