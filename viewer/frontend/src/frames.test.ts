import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameStream } from './frames';
import type { Series } from './payload';

const ROWS = 4;
const COLUMNS = 3;

/** A series whose frames hold their own number: 12 values of 2 bytes each, thousands of them in a block. */
function series(frames: number, startFrame: number, rows = ROWS): Series {
  const sizes = { rows, columns: COLUMNS, samples: 1, dtype: 'int16' } as const;
  return { id: 'ct', frames, startFrame, ...sizes, url: 'pixels/d/{a}-{b}?key=k' } as Series;
}

type Reply = (first: number, last: number, attempt: number) => Response;

const asked: [number, number][] = [];
let reply: Reply;

function values(first: number, last: number, rows = ROWS): Response {
  const data = new Int16Array((last - first) * rows * COLUMNS);
  for (let frame = first; frame < last; frame++) {
    data.fill(frame, (frame - first) * rows * COLUMNS, (frame - first + 1) * rows * COLUMNS);
  }
  return new Response(data);
}

beforeEach(() => {
  asked.length = 0;
  reply = (first, last) => values(first, last);
  vi.useFakeTimers();
  vi.stubGlobal('document', { baseURI: 'http://readout.test/' });
  vi.stubGlobal('fetch', async (address: URL) => {
    const [, first, last] = /(\d+)-(\d+)\?key=k$/.exec(address.href)!.map(Number) as [number, number, number];
    const attempt = asked.filter(([one]) => one === first).length;
    asked.push([first, last]);
    return reply(first, last, attempt);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a stream of frames', () => {
  it('asks for the frame that opens alone, then for the rest', async () => {
    const stream = new FrameStream(series(30, 17));
    const came: number[] = [];
    stream.onFrame = (frame) => came.push(frame);
    await stream.start();
    await vi.runAllTimersAsync();
    expect(asked[0]).toEqual([17, 18]);
    expect(came[0]).toBe(17);
    expect(stream.complete).toBe(true);
    expect([...came].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    for (let frame = 0; frame < 30; frame++) {
      expect([...new Set(stream.peek(frame))]).toEqual([frame]);
    }
  });

  it('brings what is near to the reader first, and follows them', async () => {
    // One frame of this size fills a block.
    const rows = (2 << 20) / 2 / COLUMNS + 1;
    reply = (first, last) => values(first, last, Math.floor(rows));
    const stream = new FrameStream(series(40, 20, Math.floor(rows)));
    stream.onFrame = (frame) => {
      if (frame === 20) stream.turnTo(5);
    };
    await stream.start();
    await vi.runAllTimersAsync();
    expect(asked.slice(1, 6).every(([first]) => Math.abs(first - 5) <= 3)).toBe(true);
    expect(stream.complete).toBe(true);
  });

  it('takes one block at a time while the page around it loads, and more once it is free', async () => {
    const rows = Math.floor((2 << 20) / 2 / COLUMNS + 1);
    const answers: (() => void)[] = [];
    vi.stubGlobal('fetch', (address: URL) => {
      const [, first, last] = /(\d+)-(\d+)\?/.exec(address.href)!.map(Number) as [number, number, number];
      asked.push([first, last]);
      return new Promise((resolve) => answers.push(() => resolve(values(first, last, rows))));
    });
    const [shown, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stream = new FrameStream(series(40, 20, rows));
    void stream.start({ shown: shown.promise, free: free.promise });
    const settled = () => vi.advanceTimersByTimeAsync(1);
    await settled();
    answers.shift()!();
    await settled();
    expect(asked.length).toBe(1);
    shown.resolve();
    await settled();
    expect(asked.length).toBe(2);
    answers.shift()!();
    await settled();
    // The next is asked for while the last is being unpacked.
    expect(asked.length).toBe(3);
    free.resolve();
    await settled();
    expect(asked.length).toBe(6);
    stream.stop();
  });

  it('gives a frame to whoever waits for it', async () => {
    const stream = new FrameStream(series(3, 0));
    const wanted = stream.get(2);
    await stream.start();
    await vi.runAllTimersAsync();
    expect((await wanted)[0]).toBe(2);
    expect(await stream.get(2)).toBe(await wanted);
  });

  it('asks again for what failed, and says nothing once it has come', async () => {
    const said: string[] = [];
    reply = (first, last, attempt) =>
      attempt < 3 ? new Response('busy', { status: 503 }) : values(first, last);
    const stream = new FrameStream(series(1, 0));
    stream.onError = (message) => said.push(message);
    const started = stream.start();
    await vi.runAllTimersAsync();
    await started;
    expect(asked.length).toBe(4);
    expect(stream.complete).toBe(true);
    expect(said.at(-1)).toBe('');
  });

  it('does not ask again with an address that is no longer valid', async () => {
    const said: string[] = [];
    reply = () => new Response('This address has expired. Reload the page.', { status: 403 });
    const stream = new FrameStream(series(1, 0));
    stream.onError = (message) => said.push(message);
    await stream.start();
    await vi.runAllTimersAsync();
    expect(asked.length).toBe(1);
    expect(said).toEqual(['This address has expired. Reload the page.']);
  });

  it('takes no answer of the wrong length for an image', async () => {
    reply = () => new Response(new Uint8Array(10));
    const stream = new FrameStream(series(1, 0));
    const said: string[] = [];
    stream.onError = (message) => said.push(message);
    const started = stream.start();
    await vi.runAllTimersAsync();
    await started;
    expect(stream.has(0)).toBe(false);
    expect(said.at(-1)).toContain('expected 12 values, got 5');
  });

  it('stops when the viewer is gone', async () => {
    reply = () => new Response('busy', { status: 503 });
    const stream = new FrameStream(series(9, 0));
    const started = stream.start();
    await vi.advanceTimersByTimeAsync(400);
    const before = asked.length;
    stream.stop();
    await vi.runAllTimersAsync();
    await started;
    expect(asked.length).toBe(before);
  });

  it('shows the other frames of a block when one of them cannot be decoded', async () => {
    const bad = 5;
    reply = (first, last) =>
      first <= bad && bad < last ? new Response('5.dcm: damaged.', { status: 422 }) : values(first, last);
    const stream = new FrameStream(series(8, 2));
    const came: number[] = [];
    stream.onFrame = (frame) => came.push(frame);
    const waiting = stream.get(bad).catch((error: Error) => error.message);
    await stream.start();
    await vi.runAllTimersAsync();
    expect([...came].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(stream.complete).toBe(true);
    expect([stream.has(bad), stream.fault(bad), stream.fault(4)]).toEqual([
      false,
      '5.dcm: damaged.',
      undefined,
    ]);
    expect(await waiting).toBe('5.dcm: damaged.');
    await expect(stream.get(bad)).rejects.toThrow('damaged');
  });
});
