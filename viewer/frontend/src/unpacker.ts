/** The worker that unpacks frames, so that scrolling never waits for it. */
import { type Grey, unpackFrames } from './packing';

export type Job = {
  readonly id: number;
  readonly bytes: ArrayBuffer;
  readonly dtype: 'int16' | 'uint16';
  readonly frames: number;
  readonly length: number;
  readonly columns: number;
};
export type Done = { readonly id: number; readonly values?: ArrayBuffer; readonly error?: string };

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  const { id, bytes, dtype, frames, length, columns } = data;
  const values: Grey = new (dtype === 'int16' ? Int16Array : Uint16Array)(frames * length);
  try {
    await unpackFrames(bytes, values, { columns, length });
    const { buffer } = values;
    self.postMessage({ id, values: buffer as ArrayBuffer } satisfies Done, { transfer: [buffer] });
  } catch (error) {
    self.postMessage({ id, error: String(error) } satisfies Done);
  }
};
