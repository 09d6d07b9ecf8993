import { expect, test } from 'vitest';
import { unpack, unpackFrames } from './packing';

/** Packs as the server does, written the long way. */
function packed(values: ArrayLike<number>, columns: number): Uint8Array<ArrayBuffer> {
  const planes = new Uint8Array(values.length * 2);
  const at = (row: number, column: number) => (row < 0 || column < 0 ? 0 : values[row * columns + column]!);
  for (let k = 0; k < values.length; k++) {
    const [row, column] = [Math.floor(k / columns), k % columns];
    const [a, b, c] = [at(row, column - 1), at(row - 1, column), at(row - 1, column - 1)];
    const guess = c >= Math.max(a, b) ? Math.min(a, b) : c <= Math.min(a, b) ? Math.max(a, b) : a + b - c;
    const difference = ((values[k]! - guess) << 16) >> 16;
    const folded = (difference < 0 ? -2 * difference - 1 : 2 * difference) & 0xffff;
    planes[k] = folded & 255;
    planes[values.length + k] = folded >> 8;
  }
  return planes;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const noise = (k: number): number => Math.imul(k + 1, 2654435761) >>> 16;

test('signed and unsigned values come back exactly, over the whole range', () => {
  const signed = Int16Array.from({ length: 35 }, (_, k) => noise(k));
  signed.set([-32768, 32767, -32768]);
  const unsigned = Uint16Array.from(signed);
  for (const values of [signed, unsigned]) {
    const found = values.slice().fill(0);
    unpack(packed(values, 7), found, 7);
    expect(found).toEqual(values);
  }
});

test('frames are found one behind the other, and a short one is refused', async () => {
  const values = Int16Array.from({ length: 24 }, (_, k) => noise(k) - 32768);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const frame of [values.subarray(0, 12), values.subarray(12)]) {
    const bytes = await deflated(packed(frame, 4));
    parts.push(new Uint8Array(new Uint32Array([bytes.length]).buffer), bytes);
  }
  const bytes = await new Blob(parts).arrayBuffer();
  const found = new Int16Array(24);
  await unpackFrames(bytes, found, { columns: 4, length: 12 });
  expect(found).toEqual(values);
  await expect(unpackFrames(bytes, new Int16Array(26), { columns: 4, length: 13 })).rejects.toThrow(
    'expected 26',
  );
});
