/** The worker that unpacks frames, so that scrolling never waits for it. */
import { type Packed, unpacked } from './packing';

export type Job = Packed & { readonly id: number };
export type Done = { readonly id: number; readonly values?: ArrayBuffer; readonly error?: string };

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  const { id } = data;
  try {
    const values = await unpacked(data);
    self.postMessage({ id, values } satisfies Done, { transfer: [values] });
  } catch (error) {
    self.postMessage({ id, error: String(error) } satisfies Done);
  }
};
