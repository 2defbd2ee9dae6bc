/** What browsers do too rarely for the tests with a real video, see test/browser/stream.test.ts. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { videoFrames } from '../../src/stream/video.ts';

type Callback = (now: number, metadata: { presentedFrames: number; mediaTime: number }) => void;

/** A video element that shows frames when it is told to. */
class Video extends EventTarget {
  videoWidth = 64;
  ended = false;
  error = null;
  #callback: Callback | undefined;
  #presented = 0;

  requestVideoFrameCallback(callback: Callback): number {
    this.#callback = callback;
    return 1;
  }

  cancelVideoFrameCallback(): void {}

  show(mediaTime: number): void {
    const callback = this.#callback!;
    this.#presented++;
    callback(0, { presentedFrames: this.#presented, mediaTime });
  }
}

beforeEach(() => void vi.stubGlobal('createImageBitmap', async () => ({})));
afterEach(() => void vi.unstubAllGlobals());

it('leaves out frames that the browser reports again or late, unless the video was sought', async () => {
  const video = new Video();
  const frames = videoFrames(video as unknown as HTMLVideoElement);
  const next = async (...times: number[]) => {
    const frame = frames.next();
    for (const time of times) {
      video.show(time);
      await new Promise(setImmediate);
    }
    return (await frame).value?.time;
  };
  expect(await next(0.4)).toBe(400);
  expect(await next(0.68)).toBe(680);
  expect(await next(0.44, 0.72)).toBe(720);
  expect(await next(0.72, 0.76)).toBe(760);
  video.dispatchEvent(new Event('seeking'));
  expect(await next(0.2)).toBe(200);
  video.dispatchEvent(new Event('seeking'));
  expect(await next(0.2)).toBe(200);
  await frames.return(undefined);
});
