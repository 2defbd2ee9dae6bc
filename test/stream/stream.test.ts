import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import type { ImageSource } from '../../src/detection/image-source.ts';
import { RefineDetError } from '../../src/errors.ts';
import { detectStream, type StreamOptions, type StreamResult } from '../../src/stream/stream.ts';

const imageFile = (value: number): ImageSource => ({
  data: new Uint8Array([value]),
  width: 1,
  height: 1,
  channels: 1,
});
const pause = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

/** A detector whose only detection identifies the image. */
function fakeDetector(limit = 1, work: (value: number) => Promise<unknown> = () => pause()) {
  const state = { underWay: 0, most: 0, seen: [] as number[] };
  const detectFrame = async (image: ImageSource): Promise<Detection[]> => {
    const value = (image as { data: Uint8Array }).data[0];
    state.seen.push(value);
    state.most = Math.max(state.most, ++state.underWay);
    try {
      await work(value);
    } finally {
      state.underWay--;
    }
    return [{ label: `${value}`, classId: 0, score: 1, box: { x: 0, y: 0, width: 9, height: 9 } }];
  };
  return { limit, detectFrame, state };
}

async function collect(stream: AsyncIterable<StreamResult>): Promise<string[]> {
  const labels: string[] = [];
  for await (const { detections } of stream) labels.push(detections[0].label);
  return labels;
}

const series = (count: number) => Array.from({ length: count }, (_, i) => imageFile(i));

describe('detectStream', () => {
  it.each([1, 2, 3])('yields all images in order with %i at a time', async (limit) => {
    const detector = fakeDetector(limit, (value) => pause(value % 2 ? 1 : 8));
    expect(await collect(detectStream(detector, series(6)))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect(detector.state.most).toBe(limit);
  });

  it('keeps the numbers and times of frames that have them, and their drops', async () => {
    const frame = (index: number, dropped: number) => ({
      ...(imageFile(index) as object),
      ...{ index, time: 40 * index, dropped },
    });
    const frames = [frame(10, 0), frame(15, 0), frame(30, 2)] as unknown as ImageSource[];
    const results: number[][] = [];
    for await (const { index, time, dropped } of detectStream(fakeDetector(), frames)) {
      results.push([index, time, dropped]);
    }
    expect(results).toEqual([
      [10, 400, 0],
      [15, 600, 0],
      [30, 1200, 2],
    ]);
  });

  it('ends a source at once that waits for its next frame', async () => {
    let hasEnded = false;
    const source: AsyncIterable<ImageSource> = {
      [Symbol.asyncIterator]() {
        let count = 0;
        return {
          next: async () =>
            count++ === 0 ? { done: false, value: imageFile(0) } : new Promise(() => {}),
          async return() {
            hasEnded = true;
            return { done: true, value: undefined };
          },
        };
      },
    };
    for await (const _ of detectStream(fakeDetector(2), source)) break;
    await pause();
    expect(hasEnded).toBe(true);
  });

  it('reads only a few frames ahead of its consumer', async () => {
    let read = 0;
    async function* source() {
      for (;;) yield imageFile(read++);
    }
    const stream = detectStream(fakeDetector(2), source());
    await stream.next();
    await pause(20);
    expect(read).toBeLessThanOrEqual(3);
    await stream.return();
  });

  it('keeps only the newest frame when frames arrive too fast', async () => {
    let allShown = () => {};
    const shown = new Promise<void>((resolve) => {
      allShown = resolve;
    });
    async function* camera() {
      for (let i = 0; i < 30; i++) {
        yield imageFile(i);
        await pause(0);
      }
      allShown();
    }
    const results: StreamResult[] = [];
    const detector = fakeDetector(1, () => shown);
    for await (const result of detectStream(detector, camera(), { frames: 'newest' })) {
      results.push(result);
    }
    const counts = results.map(({ index, dropped }) => ({ index, dropped }));
    expect(counts).toEqual([
      { index: 0, dropped: 0 },
      { index: 29, dropped: 28 },
    ]);
  });

  it('numbers objects with track: true', async () => {
    const stream = detectStream(fakeDetector(), series(3), { track: true });
    const ids: unknown[] = [];
    for await (const { detections } of stream) ids.push(detections[0].trackId);
    expect(ids).toEqual([1, 1, 1]);
  });

  it('tracks by ByteTrack, or by the tracker in the options', async () => {
    // The only object is in the second frame: ByteTrack waits for its confirmation.
    const detector = {
      limit: 1,
      detectFrame: async (image: ImageSource) => {
        const { data } = image as { data: Uint8Array };
        return data[0] === 0 ? [] : fakeDetector().detectFrame(image);
      },
    };
    const run = async (track: StreamOptions['track']) => {
      const ids: unknown[] = [];
      for await (const { detections } of detectStream(detector, series(3), { track })) {
        ids.push(detections[0]?.trackId);
      }
      return ids;
    };
    const [byteTrack, iou] = [
      [undefined, undefined, 1],
      [undefined, 1, 1],
    ];
    expect(await run(true)).toEqual(byteTrack);
    expect(await run('bytetrack')).toEqual(byteTrack);
    expect(await run({ maxMissed: 3 })).toEqual(byteTrack);
    expect(await run('iou')).toEqual(iou);
    expect(await run({ tracker: 'iou', maxMissed: 3 })).toEqual(iou);
    await expect(run('sort' as 'iou')).rejects.toThrow('track must be true, false, "bytetrack"');
    await expect(run({ tracker: 'sort' as 'iou' })).rejects.toThrow('track.tracker must be');
  });

  it('forgets tracks at a scene cut with resetOnCut', async () => {
    const run = async (resetOnCut: boolean) => {
      const ids: unknown[] = [];
      const frames = [0, 0, 200, 200].map(imageFile);
      for await (const { detections } of detectStream(fakeDetector(2), frames, {
        track: { resetOnCut },
      })) {
        ids.push(detections[0].trackId);
      }
      return ids;
    };
    expect(await run(false)).toEqual([1, 1, 1, 1]);
    expect(await run(true)).toEqual([1, 1, 2, 2]);
  });

  it('closes the frames, and the source when the loop ends early', async () => {
    let closed = 0;
    let hasEnded = false;
    async function* source() {
      try {
        for (;;) yield Object.assign(imageFile(0), { close: () => closed++ });
      } finally {
        hasEnded = true;
      }
    }
    for await (const { index } of detectStream(fakeDetector(), source())) if (index === 2) break;
    await pause(5);
    expect(hasEnded).toBe(true);
    expect(closed).toBeGreaterThanOrEqual(3);
  });

  it('ends with the failure of the detector, the source or the signal', async () => {
    const failing = fakeDetector(2, async (value) => {
      if (value === 1) throw new RefineDetError('IMAGE_CORRUPT', 'bad image');
    });
    await expect(collect(detectStream(failing, series(4)))).rejects.toThrow('bad image');

    async function* broken() {
      yield imageFile(0);
      throw new Error('unplugged');
    }
    await expect(collect(detectStream(fakeDetector(), broken()))).rejects.toThrow('unplugged');
    const newest = detectStream(fakeDetector(), broken(), { frames: 'newest' });
    await expect(collect(newest)).rejects.toThrow('unplugged');

    // What is under way when the source fails is delivered before the error.
    async function* late() {
      yield* [0, 1, 2].map(imageFile);
      throw new Error('unplugged');
    }
    const seen: string[] = [];
    const slow = fakeDetector(4, () => pause(20));
    const reading = (async () => {
      for await (const { detections } of detectStream(slow, late())) seen.push(detections[0].label);
    })();
    await expect(reading).rejects.toThrow('unplugged');
    expect(seen).toEqual(['0', '1', '2']);

    const aborting = new AbortController();
    async function* silent() {
      yield imageFile(0);
      await new Promise(() => {});
    }
    const waiting = collect(detectStream(fakeDetector(), silent(), { signal: aborting.signal }));
    setTimeout(() => aborting.abort(), 10);
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it.each([1, 3])('leaves out frames that the detector has lost, %i at a time', async (limit) => {
    const { detectFrame } = fakeDetector();
    const losing = {
      limit,
      detectFrame: async (image: ImageSource) => {
        const [detection] = await detectFrame(image);
        return [1, 2, 4].includes(Number(detection.label)) ? undefined : [detection];
      },
    };
    const results: unknown[] = [];
    for await (const { index, dropped } of detectStream(losing, series(6))) {
      results.push([index, dropped]);
    }
    expect(results).toEqual([
      [0, 0],
      [3, 2],
      [5, 3],
    ]);
  });

  it('refuses a source that is not a stream', async () => {
    const wrong = (source: unknown) => collect(detectStream(fakeDetector(), source as never));
    await expect(wrong(7)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(wrong(null)).rejects.toThrow('not null');
    const policy = detectStream(fakeDetector(), [], { frames: 'oldest' as never });
    await expect(collect(policy)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
