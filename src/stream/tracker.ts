/** What a tracker takes and gives. */
import type { Detection } from '../boxes.ts';

/** A detection with the id of its object. */
export interface TrackedDetection extends Detection {
  /** The same for the same object from frame to frame; from 1. Absent as long as it belongs to no track. */
  id?: number;
}

/** Gives detections ids that stay with an object from frame to frame. */
export interface Tracker {
  /** The detections of the next frame, in their order, with ids. */
  update(detections: readonly Detection[]): TrackedDetection[];
  /** Forgets all tracks, as after a scene cut; ids go on. */
  reset(): void;
}
