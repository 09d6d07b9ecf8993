/**
 * Streams the frames of a series: the first one alone, then blocks, nearest to the reader first.
 *
 * Frames arrive as little-endian modality values. A block that fails is asked for again, later and later;
 * an address that is no longer valid (403) is final, and the reader is told to reload.
 */
import type { Series } from './payload';
import { Transport, UnpackError } from './transport';

export type Values = Uint8Array | Int16Array | Uint16Array | Float32Array;

const ARRAYS = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array } as const;
const BLOCK_BYTES = 2 << 20;
const PARALLEL = 4;
const NOTHING_ELSE: Room = { shown: Promise.resolve(), free: Promise.resolve() };
const RETRIES_MS = [300, 1000, 3000, 10_000, 30_000];

/** What else is going on in the page: when the first image stands, and when nothing else is loading. */
export type Room = { readonly shown: Promise<unknown>; readonly free: Promise<unknown> };

export class FrameStream {
  readonly #series: Series;
  readonly #values: (Values | undefined)[];
  readonly #waiting = new Map<number, PromiseWithResolvers<Values>>();
  readonly #faults = new Map<number, string>();
  readonly #asked = new Set<number>();
  readonly #abort = new AbortController();
  readonly #turned = Promise.withResolvers<void>();
  readonly #perBlock: number;
  readonly #transport: Transport;
  #near: number;
  #failures = 0;
  loaded = 0;
  onFrame: (frame: number) => void = () => {};
  onError: (message: string) => void = () => {};

  constructor(series: Series) {
    this.#series = series;
    this.#values = new Array<Values | undefined>(series.frames);
    this.#near = series.startFrame;
    this.#transport = new Transport(series);
    const frameBytes = series.rows * series.columns * series.samples * ARRAYS[series.dtype].BYTES_PER_ELEMENT;
    this.#perBlock = Math.max(1, Math.floor(BLOCK_BYTES / frameBytes));
  }

  get complete(): boolean {
    return this.loaded === this.#series.frames;
  }

  /**
   * Starts with the frame that is shown first, alone, so that nothing delays it.
   *
   * Once it is `shown` the others follow, one block at a time until the viewer is `free` to take all of the link: a page
   * that is still loading needs some of it. Whoever scrolls waits for neither.
   */
  async start({ shown, free }: Room = NOTHING_ELSE): Promise<void> {
    await this.#fetch(this.#near, this.#near + 1, { alone: true });
    await Promise.race([shown, this.#turned.promise]);
    void this.#lane();
    await Promise.race([free, this.#turned.promise]);
    for (let lane = 1; lane < PARALLEL; lane++) void this.#lane();
  }

  /** Turns the stream towards where the reader is now. */
  turnTo(frame: number): void {
    if (frame !== this.#near) this.#turned.resolve();
    this.#near = frame;
  }

  has(frame: number): boolean {
    return this.#values[frame] !== undefined;
  }

  /** The values of a frame, (rows × columns × samples); waits until they have come, or it turns out that they cannot. */
  get(frame: number): Promise<Values> {
    const values = this.#values[frame];
    if (values) return Promise.resolve(values);
    const waiting = this.#waiting.get(frame);
    if (waiting) return waiting.promise;
    const fault = this.#faults.get(frame);
    if (fault) return Promise.reject(new Error(fault));
    const waited = Promise.withResolvers<Values>();
    this.#waiting.set(frame, waited);
    return waited.promise;
  }

  /** Why a frame cannot be shown, in one sentence. */
  fault(frame: number): string | undefined {
    return this.#faults.get(frame);
  }

  /** The values of a frame if they are here. */
  peek(frame: number): Values | undefined {
    return this.#values[frame];
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Fetches block after block; each while the one before is being unpacked. */
  async #lane(): Promise<void> {
    let before: Promise<void> = Promise.resolve();
    for (let block = this.#next(); block !== undefined; block = this.#next()) {
      this.#asked.add(block);
      const first = block * this.#perBlock;
      const arrived = Promise.withResolvers<void>();
      const stored = this.#fetch(first, Math.min(first + this.#perBlock, this.#series.frames), {
        arrived: arrived.resolve,
      });
      await Promise.all([before, Promise.race([arrived.promise, stored])]);
      before = stored;
    }
  }

  /** The block nearest to the reader that has not been asked for. */
  #next(): number | undefined {
    if (this.#abort.signal.aborted) return undefined;
    const blocks = Math.ceil(this.#series.frames / this.#perBlock);
    const here = Math.floor(this.#near / this.#perBlock);
    for (let step = 0; step < blocks; step++) {
      for (const block of [here + step, here - step]) {
        if (block >= 0 && block < blocks && !this.#asked.has(block) && !this.#whole(block)) return block;
      }
    }
    return undefined;
  }

  #whole(block: number): boolean {
    const first = block * this.#perBlock;
    const last = Math.min(first + this.#perBlock, this.#series.frames);
    for (let frame = first; frame < last; frame++) if (!this.has(frame)) return false;
    return true;
  }

  async #fetch(first: number, last: number, { alone = false, arrived = () => {} } = {}): Promise<void> {
    const transport = this.#transport;
    for (let attempt = 0; !this.#abort.signal.aborted; attempt++) {
      try {
        const { signal } = this.#abort;
        const packed = transport.packs;
        const address = transport.address(first, last, packed);
        const response = await fetch(address, { signal, priority: alone ? 'high' : 'auto' });
        if (response.ok) {
          const bytes = await response.arrayBuffer();
          arrived();
          this.#store(
            first,
            last,
            packed ? await transport.unpack(bytes, last - first, { here: alone }) : bytes,
          );
          if (this.#failures) this.onError('');
          this.#failures = 0;
          return;
        }
        const message = await response.text();
        if (response.status === 403) this.stop();
        if (response.status === 422) return await this.#alone(first, last, message);
        if (response.status < 500 && response.status !== 404) return this.onError(message);
        throw new Error(message);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (error instanceof UnpackError) {
          transport.giveUp();
          continue;
        }
        const wait = RETRIES_MS[attempt];
        if (wait === undefined) return this.onError(`Images ${first + 1}–${last} did not arrive: ${error}`);
        if (++this.#failures > 2) this.onError('The connection is slow or lost; trying again.');
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** One bad frame of a block does not take the others with it. */
  async #alone(first: number, last: number, message: string): Promise<void> {
    if (last - first > 1) {
      for (let frame = first; frame < last; frame++) await this.#fetch(frame, frame + 1);
      return;
    }
    this.#faults.set(first, message);
    this.loaded++;
    this.#waiting.get(first)?.reject(new Error(message));
    this.#waiting.delete(first);
    this.onFrame(first);
  }

  #store(first: number, last: number, bytes: ArrayBuffer): void {
    const { rows, columns, samples, dtype } = this.#series;
    const length = rows * columns * samples;
    const all = new ARRAYS[dtype](bytes);
    if (all.length !== length * (last - first)) {
      throw new Error(`expected ${length * (last - first)} values, got ${all.length}`);
    }
    for (let frame = first; frame < last; frame++) {
      if (this.has(frame)) continue;
      const values = all.subarray((frame - first) * length, (frame - first + 1) * length);
      this.#values[frame] = values;
      this.loaded++;
      this.#waiting.get(frame)?.resolve(values);
      this.#waiting.delete(frame);
      this.onFrame(frame);
    }
  }
}
