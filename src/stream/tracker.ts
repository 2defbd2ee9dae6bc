/** The interface of trackers. */
import type { Detection } from '../boxes.ts';

/** A detection with the id of its object. */
export interface TrackedDetection extends Detection {
  /** Id of the object, from 1, the same in all frames. Absent while the detection belongs to no track. */
  trackId?: number;
}

/** Assigns ids that stay with an object from frame to frame. */
export interface Tracker {
  /** Returns the detections of the next frame in their order, with ids. */
  update(detections: readonly Detection[]): TrackedDetection[];
  /** Forgets all tracks, for example after a scene cut; ids are not used again. */
  reset(): void;
}
