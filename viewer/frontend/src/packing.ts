/** Undoes `viewer/packing.py`: byte planes, folded differences, the median edge detector of JPEG-LS (ITU-T T.87, A.4.1). */

export type Grey = Int16Array | Uint16Array;

/** Fills `values`, (rows × columns) of a frame, from its inflated planes: all low bytes, then all high bytes. */
export function unpack(planes: Uint8Array, values: Grey, columns: number): void {
  const { length } = values;
  for (let row = 0; row < length; row += columns) {
    let [left, corner] = [0, 0];
    for (let at = row; at < row + columns; at++) {
      const folded = planes[at]! | (planes[length + at]! << 8);
      const above = row ? values[at - columns]! : 0;
      const low = left < above ? left : above;
      const high = left < above ? above : left;
      const guess = corner >= high ? low : corner <= low ? high : left + above - corner;
      // The array keeps 16 bits of the sum, which is what the difference was taken modulo.
      values[at] = ((folded >> 1) ^ -(folded & 1)) + guess;
      left = values[at]!;
      corner = above;
    }
  }
}

/** Frames as they come, and what they become: (frames × rows × columns) values. */
export type Packed = {
  readonly bytes: ArrayBuffer;
  readonly dtype: 'int16' | 'uint16';
  readonly frames: number;
  /** Values of a frame. */
  readonly length: number;
  readonly columns: number;
};

/** Gives the values of packed frames. */
export async function unpacked({ bytes, dtype, frames, length, columns }: Packed): Promise<ArrayBuffer> {
  const values = new (dtype === 'int16' ? Int16Array : Uint16Array)(frames * length);
  await unpackFrames(bytes, values, { columns, length });
  return values.buffer;
}

/** Inflates and unpacks frames, each behind its length in bytes; (frames × rows × columns) values. */
export async function unpackFrames(
  bytes: ArrayBuffer,
  values: Grey,
  { columns, length }: { columns: number; length: number },
): Promise<void> {
  const view = new DataView(bytes);
  const planes = new Uint8Array(2 * length);
  for (let from = 0, at = 0; at < values.length; at += length) {
    const size = view.getUint32(from, true);
    await inflate(new Uint8Array(bytes, from + 4, size), planes);
    unpack(planes, values.subarray(at, at + length), columns);
    from += 4 + size;
  }
}

/** Fills `planes`, exactly, from a zlib stream. */
async function inflate(packed: Uint8Array<ArrayBuffer>, planes: Uint8Array): Promise<void> {
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  // What is wrong with the stream is found when it is read.
  writer.write(packed).catch(() => {});
  writer.close().catch(() => {});
  let at = 0;
  for await (const part of readable) {
    if (at + part.length <= planes.length) planes.set(part, at);
    at += part.length;
  }
  if (at !== planes.length) throw new Error(`expected ${planes.length} bytes, got ${at}`);
}
