/**
 * ByteTrack (Zhang et al. 2022, arXiv 2110.06864). Detections of high score continue tracks first;
 * detections of low score then continue the remaining tracks, because partly hidden objects score low.
 * Differences from the released code: low scores continue lost tracks too (algorithm 1 of the paper does
 * not exclude them); a prediction loses weight with every frame without a detection, so that the track of
 * an object that has left takes no detection from a present one; scores do not weigh overlaps.
 */
import { assign } from '../assignment.ts';
import { boxIou, type Detection } from '../boxes.ts';
import { FRACTION, resolveFields, wholeFrom } from '../option-checks.ts';
import { KalmanFilter } from './kalman-filter.ts';
import type { TrackedDetection, Tracker } from './tracker.ts';

/** Thresholds for starting, continuing and ending tracks. */
export interface ByteTrackOptions {
  /** Lowest score of a detection that can begin a track; others only continue tracks. Default 0.5. */
  highScore?: number;
  /** Overlap with the predicted box that a detection must exceed to continue a track. Default 0.35. */
  minIou?: number;
  /** Frames that a track survives without a detection. Default 30. */
  maxMissed?: number;
}

interface Track {
  /** Set when a second detection confirms the track. */
  id?: number;
  classId: number;
  filter: KalmanFilter;
  /** Frames since the last detection. */
  missed: number;
  /** Frames since the first detection. */
  age: number;
}

const DEFAULTS = { highScore: 0.5, minIou: 0.35, maxMissed: 30 };
const RULES = { highScore: FRACTION, minIou: FRACTION, maxMissed: wholeFrom(0) };

/** Detections with a lower score are noise and are ignored. */
const LOW_SCORE = 0.1;
/** Overlap that confirms a track; it is low because the speed of the object is not known yet. */
const CONFIRMING_IOU = 0.2;
/** Frames without a detection that a track survives before it is confirmed. */
const TENTATIVE_MISSED = 1;
/** Factor of the overlap for each frame without a detection. */
const LOST_WORTH = 0.95;

/** Assigns ids to detections by ByteTrack; a track never changes its class. */
export class ByteTracker implements Tracker {
  readonly #options: Required<ByteTrackOptions>;
  #tracks: Track[] = [];
  #isFirstFrame = true;
  #nextId = 1;

  /** @throws INVALID_OPTION */
  constructor(options: ByteTrackOptions = {}) {
    this.#options = resolveFields('track', options, DEFAULTS, RULES);
  }

  reset(): void {
    this.#tracks = [];
    this.#isFirstFrame = true;
  }

  /**
   * Returns the detections of the next frame in their order, with the ids of confirmed tracks. The second
   * detection confirms a track, after a gap of at most one frame; in the first frame the first one does.
   */
  update(detections: readonly Detection[]): TrackedDetection[] {
    const { highScore, minIou, maxMissed } = this.#options;
    for (const track of this.#tracks) {
      if (track.missed > 0) track.filter.holdSize();
      track.filter.predict();
      track.missed++;
      track.age++;
    }
    const found = new Map<number, Track>();
    /** Pairs tracks and detections by overlap; returns the unpaired ones of both. */
    const associate = (tracks: readonly Track[], indices: readonly number[], least: number) => {
      const boxes = tracks.map(({ filter }) => filter.box);
      const pairs = assign(tracks.length, indices.length, (row, column) => {
        const { classId, missed } = tracks[row];
        const { classId: foundClass, box } = detections[indices[column]];
        if (classId !== foundClass) return 0;
        return boxIou(boxes[row], box) * LOST_WORTH ** (missed - 1) - least;
      });
      for (const [row, column] of pairs) {
        const track = tracks[row];
        track.filter.update(detections[indices[column]].box);
        track.missed = 0;
        found.set(indices[column], track);
      }
      return {
        tracks: tracks.filter(({ missed }) => missed > 0),
        indices: indices.filter((index) => !found.has(index)),
      };
    };

    const all = [...detections.keys()];
    const high = all.filter((index) => detections[index].score >= highScore);
    const low = all.filter(
      (index) => detections[index].score < highScore && detections[index].score > LOW_SCORE,
    );
    const [confirmed, tentative] = [true, false].map((isConfirmed) =>
      this.#tracks.filter(({ id }) => (id !== undefined) === isConfirmed),
    );
    const left = associate(confirmed, high, minIou);
    associate(left.tracks, low, minIou);
    const fresh = associate(tentative, left.indices, Math.min(minIou, CONFIRMING_IOU));
    for (const index of fresh.indices) found.set(index, begin(detections[index]));

    const lost = this.#tracks.filter(
      ({ id, missed }) =>
        missed > 0 &&
        missed <= (id === undefined ? Math.min(TENTATIVE_MISSED, maxMissed) : maxMissed),
    );
    this.#tracks = [...found.values(), ...lost];
    const isFirstFrame = this.#isFirstFrame;
    this.#isFirstFrame = false;
    return detections.map((detection, index) => {
      const track = found.get(index);
      if (track && (track.age > 0 || isFirstFrame)) track.id ??= this.#nextId++;
      return track?.id === undefined ? { ...detection } : { ...detection, trackId: track.id };
    });
  }
}

function begin({ classId, box }: Detection): Track {
  return { classId, filter: new KalmanFilter(box), missed: 0, age: 0 };
}
