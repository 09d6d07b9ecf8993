/**
 * How frames travel: as they are, or packed where the link is slow and the frames are 16-bit grey.
 *
 * The rule: the first frame comes alone, as it is, and tells how fast the link is. Below 12 MB/s (100 Mbit/s) the others
 * come packed. Measured: packed frames are 35 % of the bytes, and server and one worker together make 15 to 25 MB/s of
 * raw values of them, so above that nothing is won. A link that turns out faster is trusted; never the other way
 * round, since a busy page reads slowly too. What was found holds for the next visit, whose first frame is cached.
 */
import type { Series } from './payload';
import { recall, remember } from './storage';
import type { Done, Job } from './unpacker';

const SLOW_BYTES_MS = 12_000;

export class Transport {
  readonly #series: Series;
  readonly #packable: boolean;
  #slow = recall<boolean>('link', 'slow') ?? false;
  #open = 0;

  constructor(series: Series) {
    this.#series = series;
    const grey = series.samples === 1 && (series.dtype === 'int16' || series.dtype === 'uint16');
    this.#packable = grey && typeof DecompressionStream === 'function' && typeof Worker === 'function';
  }

  get packs(): boolean {
    return this.#packable && this.#slow;
  }

  /** Whether frames never come packed again: they could not be unpacked here. */
  giveUp(): void {
    this.#slow = false;
  }

  address(first: number, last: number, packed: boolean): URL {
    const address = this.#series.url.replace('{a}', String(first)).replace('{b}', String(last));
    return new URL(packed ? `${address}&packed=1` : address, document.baseURI);
  }

  /** Reads an answer, and learns from how long it took; `first` is the frame that comes alone. */
  async read(response: Response, { first }: { first: boolean }): Promise<ArrayBuffer> {
    this.#open++;
    const bytes = await response.arrayBuffer();
    const timing = performance.getEntriesByName(response.url).at(-1) as PerformanceResourceTiming | undefined;
    this.#learn(timing, first);
    this.#open--;
    return bytes;
  }

  unpack(bytes: ArrayBuffer, frames: number): Promise<ArrayBuffer> {
    const { columns, rows } = this.#series;
    const dtype = this.#series.dtype as Job['dtype'];
    return work({ bytes, dtype, frames, length: rows * columns, columns });
  }

  #learn(timing: PerformanceResourceTiming | undefined, first: boolean): void {
    // From the browser's cache nothing is learnt.
    if (!timing?.transferSize || !timing.responseStart) return;
    const took = Math.max(1, timing.responseEnd - timing.responseStart);
    const slow = (this.#open * timing.encodedBodySize) / took < SLOW_BYTES_MS;
    if (slow === this.#slow || (slow && !first)) return;
    this.#slow = slow;
    remember('link', 'slow', slow);
  }
}

const waiting = new Map<number, PromiseWithResolvers<ArrayBuffer>>();
let worker: Worker | null = null;
let jobs = 0;

function work(job: Omit<Job, 'id'>): Promise<ArrayBuffer> {
  worker ??= start();
  const id = jobs++;
  const done = Promise.withResolvers<ArrayBuffer>();
  waiting.set(id, done);
  worker.postMessage({ ...job, id } satisfies Job, [job.bytes]);
  return done.promise;
}

function start(): Worker {
  const started = new Worker(new URL('./unpacker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<Done>) => {
    const done = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.values) done?.resolve(data.values);
    else done?.reject(new UnpackError(data.error));
  };
  started.onerror = () => {
    for (const done of waiting.values()) done.reject(new UnpackError('the worker does not start'));
    waiting.clear();
    worker = null;
  };
  return started;
}

/** Packed frames cannot be read here: they have to come as they are. */
export class UnpackError extends Error {}
