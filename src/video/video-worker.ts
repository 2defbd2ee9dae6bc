/** Program of the thread that reads a video: detection keeps the main thread busy for long. */
import { answerCalls, type CallContext } from '../remote/answer-calls.ts';
import { parentWire } from '../remote/node-wire.ts';
import { type ReadPlan, VideoReader } from './video-reader.ts';
import type { DecodedFrame } from './video-types.ts';

let reader: VideoReader | undefined;

const emit = answerCalls(parentWire(), {
  async open(plan: ReadPlan): Promise<void> {
    reader = new VideoReader(plan, {
      warn: (message) => emit('warn', message),
      started: (pid) => emit('started', pid),
    });
  },
  async next(_: undefined, { transfer }: CallContext): Promise<DecodedFrame | undefined> {
    const frame = await reader!.next();
    if (frame) transfer.push(frame.data.buffer as ArrayBuffer);
    return frame;
  },
  async close(): Promise<void> {
    await reader?.close();
  },
});
