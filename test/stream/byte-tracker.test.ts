import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { ByteTracker } from '../../src/stream/byte-tracker.ts';

const object = (x: number, score = 0.9, classId = 0, y = 0): Detection => ({
  label: 'cat',
  classId,
  score,
  box: { x, y, width: 20, height: 40 },
});
const ids = (tracker: ByteTracker, ...objects: Detection[]) =>
  tracker.update(objects).map(({ trackId }) => trackId);

describe('ByteTracker', () => {
  it('keeps the id of an object that moves, in any order of the detections', () => {
    const tracker = new ByteTracker();
    expect(ids(tracker, object(0), object(100))).toEqual([1, 2]);
    expect(ids(tracker, object(104), object(4))).toEqual([2, 1]);
  });

  it('changes nothing else in the detections', () => {
    const detections = [object(0), object(100, 0.3)];
    expect(new ByteTracker().update(detections)).toEqual([
      { ...detections[0], trackId: 1 },
      detections[1],
    ]);
  });

  it('gives a new object its id with its second detection', () => {
    const tracker = new ByteTracker();
    expect(ids(tracker)).toEqual([]);
    expect(ids(tracker, object(0))).toEqual([undefined]);
    expect(ids(tracker)).toEqual([]);
    expect(ids(tracker, object(0))).toEqual([1]);
  });

  it('gives no id to sporadic detections', () => {
    const tracker = new ByteTracker();
    ids(tracker);
    for (let i = 0; i < 4; i++) {
      expect(ids(tracker, object(0))).toEqual([undefined]);
      ids(tracker);
      ids(tracker);
    }
  });

  it('continues a track with a detection of low score, but begins none', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0));
    expect(ids(tracker, object(2, 0.2), object(100, 0.4))).toEqual([1, undefined]);
    expect(ids(tracker, object(4, 0.2), object(100, 0.4))).toEqual([1, undefined]);
  });

  it('prefers a certain detection to an uncertain one that overlaps more', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0));
    expect(ids(tracker, object(0, 0.4), object(4, 0.6))).toEqual([undefined, 1]);
  });

  it('ignores detections below the lowest score', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0));
    expect(ids(tracker, object(0, 0.05))).toEqual([undefined]);
  });

  it.each([
    [5, 1],
    [6, undefined],
  ])('with maxMissed 5, after %i frames without a detection the id is %s', (missed, id) => {
    const tracker = new ByteTracker({ maxMissed: 5 });
    ids(tracker, object(0));
    for (let i = 0; i < missed; i++) ids(tracker);
    expect(ids(tracker, object(0))).toEqual([id]);
  });

  it('finds an object again after an obstacle, at its speed', () => {
    const tracker = new ByteTracker();
    for (let frame = 0; frame < 20; frame++) ids(tracker, object(5 * frame));
    for (let frame = 20; frame < 30; frame++) ids(tracker);
    expect(ids(tracker, object(5 * 30))).toEqual([1]);
  });

  it('keeps two objects apart that walk through each other', () => {
    const tracker = new ByteTracker();
    let last: (number | undefined)[] = [];
    for (let frame = 0; frame <= 40; frame++) {
      last = ids(tracker, object(5 * frame), object(200 - 5 * frame, 0.9, 0, 4));
      expect(last).toEqual([1, 2]);
    }
  });

  it('assigns a detection to the present object, not to the track of one that has left', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0), object(6));
    for (let frame = 0; frame < 5; frame++) ids(tracker, object(6));
    // At the same distance from both objects.
    expect(ids(tracker, object(3))).toEqual([2]);
  });

  it('never joins objects of two classes', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0, 0.9, 0));
    expect(ids(tracker, object(0, 0.9, 1), object(1, 0.9, 0))).toEqual([undefined, 1]);
  });

  it('requires the overlap and the score of the options', () => {
    const next = (minIou: number) => {
      const tracker = new ByteTracker({ minIou });
      ids(tracker, object(0));
      return ids(tracker, object(10))[0]; // a third
    };
    expect([next(0.3), next(0.4)]).toEqual([1, undefined]);
    expect(ids(new ByteTracker({ highScore: 0.3 }), object(0, 0.4))).toEqual([1]);
  });

  it('forgets its tracks when it is reset, and gives no id twice', () => {
    const tracker = new ByteTracker();
    ids(tracker, object(0));
    tracker.reset();
    expect(ids(tracker, object(0))).toEqual([2]);
  });

  it('refuses options out of range', () => {
    expect(() => new ByteTracker({ minIou: 2 })).toThrow(
      'track.minIou must be a number from 0 to 1',
    );
    expect(() => new ByteTracker({ maxMissed: 1.5 })).toThrow('track.maxMissed must be a whole');
    expect(() => new ByteTracker({ speed: 1 } as object)).toThrow('unknown option "track.speed"');
  });

  // Evenly spread: equal overlaps have no order, and most doubles are as good as zero.
  const place = fc.noBias(fc.nat({ max: 2 ** 31 - 1 })).map((whole) => (whole / 2 ** 31) * 300);
  const detections = fc.array(
    fc.record({
      x: place,
      y: place,
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      classId: fc.integer({ min: 0, max: 1 }),
    }),
    { maxLength: 8 },
  );
  const videos = fc.array(detections, { maxLength: 8 });
  const made = (frame: { x: number; y: number; score: number; classId: number }[]) =>
    frame.map(({ x, y, score, classId }) => object(x, score, classId, y));

  it('never gives an id twice in a frame, nor to two classes', () => {
    fc.assert(
      fc.property(videos, (video) => {
        const tracker = new ByteTracker();
        const classes = new Map<number, number>();
        for (const frame of video) {
          const found = tracker.update(made(frame)).flatMap((one) => (one.trackId ? [one] : []));
          expect(new Set(found.map(({ trackId }) => trackId)).size).toBe(found.length);
          for (const { trackId: id, classId } of found) {
            expect(classes.get(id!) ?? classId).toBe(classId);
            classes.set(id!, classId);
          }
        }
      }),
    );
  });

  it('finds the same tracks in any order of the detections', () => {
    fc.assert(
      fc.property(videos, fc.infiniteStream(fc.nat()), (video, numbers) => {
        const [tracker, shuffled] = [new ByteTracker(), new ByteTracker()];
        const names = new Map<number | undefined, number | undefined>([[undefined, undefined]]);
        for (const frame of video) {
          const order = [...frame.keys()].map((i) => ({ i, key: numbers.next().value }));
          order.sort((a, b) => a.key - b.key);
          const expected = tracker.update(made(frame));
          const found = shuffled.update(made(order.map(({ i }) => frame[i])));
          for (const [at, { i }] of order.entries()) {
            if (!names.has(expected[i].trackId)) names.set(expected[i].trackId, found[at].trackId);
            expect(found[at].trackId).toBe(names.get(expected[i].trackId));
          }
        }
      }),
    );
  });
});
