import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Series } from './payload';
import { Transport, UnpackError } from './transport';
import type { Done, Job } from './unpacker';

const SERIES = {
  packed: true,
  samples: 1,
  dtype: 'int16',
  rows: 2,
  columns: 3,
  url: 'pixels/x/{a}-{b}?s=1',
} as Series;

/** Workers that were made: each answers only when it is told to. */
const made: FakeWorker[] = [];

class FakeWorker {
  onmessage: ((message: { data: Done }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly jobs: Job[] = [];
  readonly terminate = vi.fn();

  constructor() {
    made.push(this);
  }

  postMessage(job: Job): void {
    this.jobs.push(job);
  }

  answer(): void {
    const { id, frames, length } = this.jobs.shift()!;
    this.onmessage?.({ data: { id, values: new ArrayBuffer(2 * frames * length) } });
  }
}

beforeEach(() => {
  made.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal('document', { baseURI: 'http://localhost/' });
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('Worker', FakeWorker);
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what travels packed says so in its address', () => {
  expect(new Transport(SERIES).packs).toBe(true);
  expect(new Transport({ ...SERIES, packed: false }).packs).toBe(false);
  const address = (packed: boolean) => new Transport(SERIES).address(4, 8, packed).href;
  expect(address(true)).toBe('http://localhost/pixels/x/4-8?s=1&packed=1');
  expect(address(false)).toBe('http://localhost/pixels/x/4-8?s=1');
});

test('one worker unpacks for all, and goes once it has had nothing to do for a while', async () => {
  const unpacked = [new Transport(SERIES), new Transport(SERIES)].map((one) =>
    one.unpack(new ArrayBuffer(9), 2),
  );
  expect(made.length).toBe(1);
  made[0]!.answer();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made[0]!.terminate).not.toHaveBeenCalled();
  made[0]!.answer();
  expect((await Promise.all(unpacked)).map(({ byteLength }) => byteLength)).toEqual([24, 24]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made[0]!.terminate).toHaveBeenCalledOnce();
  const later = new Transport(SERIES).unpack(new ArrayBuffer(9), 1);
  expect(made.length).toBe(2);
  made[1]!.answer();
  expect((await later).byteLength).toBe(12);
});

test('a worker is not let go while more comes', async () => {
  const transport = new Transport(SERIES);
  void transport.unpack(new ArrayBuffer(9), 1);
  made[0]!.answer();
  await vi.advanceTimersByTimeAsync(500);
  const second = transport.unpack(new ArrayBuffer(9), 1);
  await vi.advanceTimersByTimeAsync(60_000);
  made[0]!.answer();
  await second;
  expect(made.length).toBe(1);
});

test('the first frame is unpacked without a worker, and a damaged one says so', async () => {
  await expect(new Transport(SERIES).unpack(new ArrayBuffer(9), 1, { here: true })).rejects.toThrow(
    UnpackError,
  );
  expect(made.length).toBe(0);
});

test('where the worker does not start, whoever waits is told, and frames come as they are', async () => {
  const transport = new Transport(SERIES);
  const waits = expect(transport.unpack(new ArrayBuffer(9), 1)).rejects.toThrow(UnpackError);
  made[0]!.onerror?.();
  await waits;
  transport.giveUp();
  expect(transport.packs).toBe(false);
});
