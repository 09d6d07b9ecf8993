/** Undoes `viewer/packing.py`: byte planes, folded differences, the median edge detector of JPEG-LS (ITU-T T.87, A.4.1). */

export type Grey = Int16Array | Uint16Array;

/** Fills `values`, (rows × columns) of a frame, from its inflated planes: all low bytes, then all high bytes. */
export function unpack(planes: Uint8Array, values: Grey, columns: number): void {
  const { length } = values;
  for (let at = 0; at < length; at++) {
    const folded = planes[at]! | (planes[length + at]! << 8);
    const difference = (folded >> 1) ^ -(folded & 1);
    const [inRow, inColumn] = [at % columns > 0, at >= columns];
    const left = inRow ? values[at - 1]! : 0;
    const above = inColumn ? values[at - columns]! : 0;
    const corner = inRow && inColumn ? values[at - columns - 1]! : 0;
    const [low, high] = left < above ? [left, above] : [above, left];
    // The array keeps 16 bits of the sum, which is what the difference was taken modulo.
    values[at] = difference + (corner >= high ? low : corner <= low ? high : left + above - corner);
  }
}

/** Inflates and unpacks frames, each behind its length in bytes; (frames × rows × columns) values. */
export async function unpackFrames(
  bytes: ArrayBuffer,
  values: Grey,
  { columns, length }: { columns: number; length: number },
): Promise<void> {
  const view = new DataView(bytes);
  for (let from = 0, at = 0; at < values.length; at += length) {
    const size = view.getUint32(from, true);
    const packed = new Blob([new Uint8Array(bytes, from + 4, size)]);
    const stream = packed.stream().pipeThrough(new DecompressionStream('deflate'));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer());
    if (planes.length !== 2 * length) throw new Error(`expected ${2 * length} bytes, got ${planes.length}`);
    unpack(planes, values.subarray(at, at + length), columns);
    from += 4 + size;
  }
}
