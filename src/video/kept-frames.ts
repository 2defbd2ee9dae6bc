/** Frames between a source and a detector, kept until their results come. */
import type { DecodedFrame } from './video-types.ts';

export class KeptFrames implements AsyncIterable<DecodedFrame> {
  readonly #frames: AsyncIterable<DecodedFrame>;
  readonly #kept = new Map<number, DecodedFrame>();

  constructor(frames: AsyncIterable<DecodedFrame>) {
    this.#frames = frames;
  }

  [Symbol.asyncIterator](): AsyncIterator<DecodedFrame> {
    const frames = this.#frames[Symbol.asyncIterator]();
    return {
      next: async () => {
        const next = await frames.next();
        if (!next.done) this.#kept.set(next.value.index, next.value);
        return next;
      },
      return: async () => {
        await frames.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  /** Takes the frame of a result; those before it were lost with a worker. */
  take(index: number): DecodedFrame {
    const frame = this.#kept.get(index)!;
    for (const kept of this.#kept.keys()) if (kept <= index) this.#kept.delete(kept);
    return frame;
  }
}
