/** Creates the tracker of a stream. */
import { checkValue, FLAG, type Rule } from '../option-checks.ts';
import { ByteTracker, type ByteTrackOptions } from './byte-tracker.ts';
import { IouTracker, type IouTrackOptions } from './iou-tracker.ts';
import type { Tracker } from './tracker.ts';

/** Names of the trackers. */
export type TrackerName = 'bytetrack' | 'iou';

/** Choice and options of a tracker. */
export type TrackOptions = (
  | ({ tracker?: 'bytetrack' } & ByteTrackOptions)
  | ({ tracker: 'iou' } & IouTrackOptions)
) & {
  /** Forget all tracks at a scene cut. Needs frames that are pixels, not files. Default false. */
  resetOnCut?: boolean;
};

const isName = (name: unknown) => name === 'bytetrack' || name === 'iou';
const TRACKER: Rule = [isName, '"bytetrack" or "iou"'];
const TRACK: Rule = [
  (track) => track === true || (typeof track === 'object' && track !== null) || isName(track),
  'true, false, "bytetrack", "iou" or an object',
];

/**
 * Creates the tracker that the option `track` describes; `true` is ByteTrack.
 * @throws INVALID_OPTION
 */
export function createTracker(track: true | TrackerName | TrackOptions): Tracker {
  checkValue('track', track, TRACK);
  const options: TrackOptions = typeof track === 'object' ? track : {};
  const { tracker = typeof track === 'string' ? track : 'bytetrack', resetOnCut = false } = options;
  checkValue('track.tracker', tracker, TRACKER);
  checkValue('track.resetOnCut', resetOnCut, FLAG);
  const { tracker: _, resetOnCut: __, ...own } = options;
  return tracker === 'iou' ? new IouTracker(own) : new ByteTracker(own);
}
