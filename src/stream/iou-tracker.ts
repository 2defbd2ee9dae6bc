/**
 * IoU tracking (Bochinski et al. 2017), with boxes predicted from their last speed: each detection
 * continues the track of its class whose predicted box it overlaps most, best pairs first.
 */
import { type Box, boxIou, type Detection } from '../boxes.ts';
import { POSITIVE, type Rule, resolveFields, wholeFrom } from '../option-checks.ts';
import type { TrackedDetection, Tracker } from './tracker.ts';

/** Thresholds for continuing and ending tracks. */
export interface IouTrackOptions {
  /** Minimum overlap of a detection with the predicted box of its track, in (0, 1]. Default 0.3. */
  minIou?: number;
  /** Frames that a track survives without a detection. Default 10. */
  maxMissed?: number;
}

interface Track {
  id: number;
  classId: number;
  box: Box;
  /** Speed of the center, in pixels per frame. */
  speed: { x: number; y: number };
  missed: number;
}

/** Weight of the newest movement in the speed; it smooths the jitter of detections. */
const SPEED_GAIN = 0.5;

const DEFAULTS = { minIou: 0.3, maxMissed: 10 };
const OVERLAP: Rule = [(v) => POSITIVE[0](v) && (v as number) <= 1, 'a number above 0, at most 1'];
const RULES = { minIou: OVERLAP, maxMissed: wholeFrom(0) };

/** Assigns ids to detections by their overlap with the boxes of the previous frame. */
export class IouTracker implements Tracker {
  readonly #options: Required<IouTrackOptions>;
  #tracks: Track[] = [];
  #nextId = 1;

  /** @throws INVALID_OPTION */
  constructor(options: IouTrackOptions = {}) {
    this.#options = resolveFields('track', options, DEFAULTS, RULES);
  }

  reset(): void {
    this.#tracks = [];
  }

  update(detections: readonly Detection[]): TrackedDetection[] {
    for (const track of this.#tracks) {
      track.box = moved(track.box, track.speed);
      track.missed++;
    }
    const assigned = this.#assign(detections);
    const tracked = detections.map((detection, i) => {
      const track = assigned.get(i);
      if (track) follow(track, detection.box);
      return { ...detection, trackId: (track ?? this.#begin(detection)).id };
    });
    this.#tracks = this.#tracks.filter(({ missed }) => missed <= this.#options.maxMissed);
    return tracked;
  }

  /** Maps the index of a detection to its track. */
  #assign(detections: readonly Detection[]): Map<number, Track> {
    const pairs = this.#tracks.flatMap((track) =>
      detections.flatMap(({ classId, box }, index) => {
        const iou = classId === track.classId ? boxIou(track.box, box) : 0;
        return iou >= this.#options.minIou ? [{ track, index, iou }] : [];
      }),
    );
    pairs.sort((a, b) => b.iou - a.iou);
    const assigned = new Map<number, Track>();
    const taken = new Set<Track>();
    for (const { track, index } of pairs) {
      if (taken.has(track) || assigned.has(index)) continue;
      taken.add(track);
      assigned.set(index, track);
    }
    return assigned;
  }

  #begin({ classId, box }: Detection): Track {
    const track = { id: this.#nextId++, classId, box, speed: { x: 0, y: 0 }, missed: 0 };
    this.#tracks.push(track);
    return track;
  }
}

/** `track.box` is the predicted box, so the difference corrects the speed. */
function follow(track: Track, box: Box): void {
  const dx = box.x + box.width / 2 - (track.box.x + track.box.width / 2);
  const dy = box.y + box.height / 2 - (track.box.y + track.box.height / 2);
  track.speed = { x: track.speed.x + SPEED_GAIN * dx, y: track.speed.y + SPEED_GAIN * dy };
  track.box = box;
  track.missed = 0;
}

function moved(box: Box, { x, y }: Track['speed']): Box {
  return { ...box, x: box.x + x, y: box.y + y };
}
