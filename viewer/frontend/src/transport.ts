/**
 * How frames travel: packed where they are 16-bit grey, else as they are.
 *
 * Packed they are a third of the bytes, for the way and for the browser's cache, and are undone in a worker; the frame
 * that is shown first at once: it is done before a worker would have started.
 */

import { type Packed, unpacked } from './packing';
import type { Series } from './payload';
import type { Done, Job } from './unpacker';

export class Transport {
  readonly #series: Series;
  #packs: boolean;

  constructor(series: Series) {
    this.#series = series;
    this.#packs = series.packed && typeof DecompressionStream === 'function' && typeof Worker === 'function';
  }

  get packs(): boolean {
    return this.#packs;
  }

  /** Frames never come packed again: they could not be unpacked here. */
  giveUp(): void {
    this.#packs = false;
  }

  address(first: number, last: number, packed: boolean): URL {
    const address = this.#series.url.replace('{a}', String(first)).replace('{b}', String(last));
    return new URL(packed ? `${address}&packed=1` : address, document.baseURI);
  }

  /** Gives the values of so many frames; `here` without a worker, which takes a few milliseconds a megapixel. */
  unpack(bytes: ArrayBuffer, frames: number, { here = false } = {}): Promise<ArrayBuffer> {
    const { columns, rows } = this.#series;
    const dtype = this.#series.dtype as Job['dtype'];
    const job = { bytes, dtype, frames, length: rows * columns, columns };
    return here ? unpacked(job).catch((error) => Promise.reject(new UnpackError(String(error)))) : work(job);
  }
}

const RESTED_MS = 1000;

const waiting = new Map<number, PromiseWithResolvers<ArrayBuffer>>();
let worker: Worker | null = null;
let jobs = 0;
let rest = 0;

function work(job: Packed): Promise<ArrayBuffer> {
  clearTimeout(rest);
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
    if (!waiting.size) rest = window.setTimeout(letGo, RESTED_MS);
  };
  started.onerror = () => {
    for (const done of waiting.values()) done.reject(new UnpackError('the worker does not start'));
    waiting.clear();
    letGo();
  };
  return started;
}

/** A worker at rest would keep what it worked with: as much again as the frames. */
function letGo(): void {
  worker?.terminate();
  worker = null;
}

/** Packed frames cannot be read here: they have to come as they are. */
export class UnpackError extends Error {}
