import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { IouTracker } from '../../src/stream/iou-tracker.ts';

const object = (x: number, y = 0, classId = 0): Detection => ({
  label: 'cat',
  classId,
  score: 0.9,
  box: { x, y, width: 20, height: 20 },
});
const ids = (tracker: IouTracker, ...objects: Detection[]) =>
  tracker.update(objects).map(({ trackId }) => trackId);

describe('IouTracker', () => {
  it('keeps the id of an object that moves, in any order of the detections', () => {
    const tracker = new IouTracker();
    expect(ids(tracker, object(0), object(100))).toEqual([1, 2]);
    expect(ids(tracker, object(104), object(4))).toEqual([2, 1]);
  });

  it('gives a new object a new id, and never an old one again', () => {
    const tracker = new IouTracker({ maxMissed: 0 });
    expect(ids(tracker, object(0))).toEqual([1]);
    expect(ids(tracker)).toEqual([]);
    expect(ids(tracker, object(0))).toEqual([2]);
  });

  it('bridges maxMissed frames without a detection', () => {
    for (const [missed, expected] of [
      [2, 1],
      [3, 2],
    ]) {
      const tracker = new IouTracker({ maxMissed: 2 });
      ids(tracker, object(0));
      for (let i = 0; i < missed; i++) ids(tracker);
      expect(ids(tracker, object(0))).toEqual([expected]);
    }
  });

  it('follows an object that is faster than it is wide, once it knows the speed', () => {
    const tracker = new IouTracker();
    const path = [0, 8, 20, 38, 60, 84, 110, 138];
    expect(path.flatMap((x) => ids(tracker, object(x)))).toEqual(path.map(() => 1));
    expect(ids(tracker, object(168))).toEqual([1]);
    expect(ids(new IouTracker(), object(138), object(168))).toEqual([1, 2]);
  });

  it('never joins objects of two classes', () => {
    const tracker = new IouTracker();
    expect(ids(tracker, object(0, 0, 0))).toEqual([1]);
    expect(ids(tracker, object(0, 0, 1))).toEqual([2]);
  });

  it('gives a contested track to the better overlap', () => {
    const tracker = new IouTracker();
    ids(tracker, object(0));
    expect(ids(tracker, object(6), object(1))).toEqual([2, 1]);
  });

  it('requires the overlap minIou', () => {
    // 10 of 20 pixels: an IoU of a third.
    const next = (minIou: number) => {
      const tracker = new IouTracker({ minIou });
      ids(tracker, object(0));
      return ids(tracker, object(10))[0];
    };
    expect([next(0.3), next(0.35)]).toEqual([1, 2]);
  });

  it('forgets its tracks when it is reset, and gives no id twice', () => {
    const tracker = new IouTracker();
    ids(tracker, object(0));
    tracker.reset();
    expect(ids(tracker, object(0))).toEqual([2]);
  });

  it('refuses options out of range', () => {
    expect(() => new IouTracker({ minIou: 0 })).toThrow('track.minIou must be a number above 0');
    expect(() => new IouTracker({ maxMissed: 1.5 })).toThrow('track.maxMissed must be a whole');
  });
});
