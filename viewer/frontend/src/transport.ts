/**
 * How frames travel: as they are, or packed where the link is slow and the frames are 16-bit grey.
 *
 * The rule: the first frame comes alone, as it is, and tells how fast the link is: below 12 MB/s (100 Mbit/s) the others
 * come packed. They are then 35 % of the bytes, and the server packs 15 to 25 MB/s of raw values, so above that nothing
 * is won. A page that is still being built makes a frame late, too: unless it came below 2 MB/s, a block that comes
 * alone, once the page stands, has to say the same. Frames that come several at a time say little: on a busy page they trickle or burst. What was found holds
 * for the next visit, whose first frame is in the browser's cache.
 */
import type { Series } from './payload';
import { recall, remember } from './storage';
import type { Done, Job } from './unpacker';

const SLOW_BYTES_MS = 12_000;
const CERTAIN_BYTES_MS = 2_000;

export class Transport {
  readonly #series: Series;
  readonly #packable: boolean;
  #slow = recall<boolean>('link', 'slow') ?? false;
  #doubtful = false;

  constructor(series: Series) {
    this.#series = series;
    const grey = series.samples === 1 && (series.dtype === 'int16' || series.dtype === 'uint16');
    this.#packable = grey && typeof DecompressionStream === 'function' && typeof Worker === 'function';
  }

  get packs(): boolean {
    return this.#packable && this.#slow;
  }

  /** Whether the link seems slow, and a block that comes alone, as it is, has to say so again. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** Whether frames never come packed again: they could not be unpacked here. */
  giveUp(): void {
    this.#slow = false;
  }

  address(first: number, last: number, packed: boolean): URL {
    const address = this.#series.url.replace('{a}', String(first)).replace('{b}', String(last));
    return new URL(packed ? `${address}&packed=1` : address, document.baseURI);
  }

  /** Learns from how long frames took that came alone. */
  learn(address: URL): void {
    const timing = performance.getEntriesByName(address.href).at(-1) as PerformanceResourceTiming | undefined;
    // From the browser's cache nothing is learnt.
    if (!timing?.transferSize || !timing.responseStart) return;
    const took = Math.max(1, timing.responseEnd - timing.responseStart);
    const rate = timing.encodedBodySize / took;
    const slow = rate < SLOW_BYTES_MS;
    this.#doubtful = slow && rate > CERTAIN_BYTES_MS && !this.#slow && !this.#doubtful;
    if (this.#doubtful) return;
    this.#slow = slow;
    remember('link', 'slow', this.#slow);
  }

  unpack(bytes: ArrayBuffer, frames: number): Promise<ArrayBuffer> {
    const { columns, rows } = this.#series;
    const dtype = this.#series.dtype as Job['dtype'];
    return work({ bytes, dtype, frames, length: rows * columns, columns });
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
