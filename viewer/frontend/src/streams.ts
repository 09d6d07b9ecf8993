/** The frame streams of a case: one for each series that was opened, however many viewports show it. */
import { FrameStream, type Room } from './frames';
import type { Series } from './payload';

export class Streams {
  readonly #streams = new Map<string, FrameStream>();
  readonly #room: Room;
  readonly #onFrame: (series: string, frame: number, complete: boolean) => void;
  readonly #onError: (series: string, message: string) => void;

  constructor(
    room: Room,
    onFrame: (series: string, frame: number, complete: boolean) => void,
    onError: (series: string, message: string) => void,
  ) {
    this.#room = room;
    this.#onFrame = onFrame;
    this.#onError = onError;
  }

  of(series: Series): FrameStream {
    const known = this.#streams.get(series.id);
    if (known) return known;
    const stream = new FrameStream(series);
    this.#streams.set(series.id, stream);
    stream.onFrame = (frame) => this.#onFrame(series.id, frame, stream.complete);
    stream.onError = (message) => this.#onError(series.id, message);
    void stream.start(this.#room);
    return stream;
  }

  stop(): void {
    for (const stream of this.#streams.values()) stream.stop();
  }
}
