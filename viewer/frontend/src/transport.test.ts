import { afterEach, expect, test, vi } from 'vitest';
import type { Series } from './payload';
import { Transport } from './transport';

const SERIES = { samples: 1, dtype: 'int16', rows: 512, columns: 512, url: 'pixels/x/{a}-{b}?s=1' } as Series;

vi.stubGlobal('document', { baseURI: 'http://localhost/' });
vi.stubGlobal('Worker', class {});

afterEach(() => vi.restoreAllMocks());

/** A transport to which frames came, alone, at these rates. */
function after(...rates: number[]): Transport {
  const transport = new Transport(SERIES);
  for (const rate of rates) {
    const took = 524_288 / (rate * 1000);
    const timing = { transferSize: 1, responseStart: 10, responseEnd: 10 + took, encodedBodySize: 524_288 };
    vi.spyOn(performance, 'getEntriesByName').mockReturnValue([timing as PerformanceResourceTiming]);
    transport.learn(transport.address(0, 1, false));
  }
  return transport;
}

test('a fast link packs nothing', () => {
  expect(after(40)).toMatchObject({ packs: false, doubtful: false });
});

test('what came slowly while the page was busy has to be said twice', () => {
  expect(after(4)).toMatchObject({ packs: false, doubtful: true });
  expect(after(4, 40)).toMatchObject({ packs: false, doubtful: false });
  expect(after(4, 4)).toMatchObject({ packs: true, doubtful: false });
});

test('a very slow link is known at once, and is no longer when frames come fast', () => {
  expect(after(1)).toMatchObject({ packs: true, doubtful: false });
  expect(after(1, 40)).toMatchObject({ packs: false, doubtful: false });
});
