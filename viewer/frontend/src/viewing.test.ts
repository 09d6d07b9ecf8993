import { expect, test } from 'vitest';
import type { Seen } from './lightbox';
import type { Mark } from './payload';
import { marksAt, runAt } from './replay';
import { ViewingLog } from './viewing';

const seen = (frame: number, center = 40, viewport = 0): Seen => ({
  viewport,
  series: 'ct',
  frame,
  window: { center, width: 400 },
});

function recorded(arrives: () => boolean = () => true) {
  const messages: { number: number; runs: readonly unknown[]; marks: readonly unknown[] }[] = [];
  const clock = { now: 1000 };
  const log = new ViewingLog(
    async (message) => {
      if (!arrives()) return false;
      messages.push(message);
      return true;
    },
    () => clock.now,
  );
  return { log, clock, messages };
}

test('a run is an image in a window for a while, the one on screen included', async () => {
  const { log, clock, messages } = recorded();
  log.seen(seen(5));
  clock.now += 200;
  log.seen(seen(6));
  clock.now += 300;
  await log.flush();
  expect(messages[0]!.runs).toEqual([
    [0, 200, 0, 'ct', 5, 40, 400],
    [200, 300, 0, 'ct', 6, 40, 400],
  ]);
});

test('a dragged window is one run, with the window where it came to rest', async () => {
  const { log, clock, messages } = recorded();
  for (const center of [10, 20, 30]) {
    log.seen(seen(5, center));
    clock.now += 40;
  }
  clock.now += 500;
  await log.flush();
  expect(messages[0]!.runs).toEqual([[0, 620, 0, 'ct', 5, 30, 400]]);
});

test('a minute after the last touch no time counts, until there is another', async () => {
  const { log, clock, messages } = recorded();
  log.seen(seen(5));
  clock.now += 600_000;
  log.touch();
  clock.now += 100;
  await log.flush();
  expect(messages[0]!.runs).toEqual([
    [0, 60_000, 0, 'ct', 5, 40, 400],
    [600_000, 100, 0, 'ct', 5, 40, 400],
  ]);
});

test('nothing counts while the page is hidden', async () => {
  const { log, clock, messages } = recorded();
  log.seen(seen(5));
  clock.now += 100;
  log.pause();
  clock.now += 5000;
  log.resume([seen(5)]);
  clock.now += 50;
  await log.flush();
  expect(messages.flatMap(({ runs }) => runs)).toEqual([
    [0, 100, 0, 'ct', 5, 40, 400],
    [5100, 50, 0, 'ct', 5, 40, 400],
  ]);
});

test('a message that did not arrive is sent again, before the next one and with its number', async () => {
  let up = false;
  const { log, clock, messages } = recorded(() => up);
  log.seen(seen(5));
  clock.now += 200;
  await log.flush();
  up = true;
  log.seen(seen(6));
  clock.now += 200;
  await log.flush();
  expect(messages.map(({ number }) => number)).toEqual([0, 1]);
});

test('a replay finds the run and the marks of a time', () => {
  const runs = [
    [0, 100, 0, 'ct', 5, 40, 400],
    [100, 100, 0, 'ct', 6, 40, 400],
  ] as const;
  expect(runAt(runs, -1)).toBe(null);
  expect(runAt(runs, 99)).toBe(runs[0]);
  expect(runAt(runs, 100)).toBe(runs[1]);
  expect(runAt(runs, 9999)).toBe(runs[1]);
  const mark: Mark = { space: 'patient', series: 'ct', point: [1, 2, 3] };
  expect(marksAt([[50, [mark]]], 49)).toEqual([]);
  expect(marksAt([[50, [mark]]], 50)).toEqual([mark]);
});
