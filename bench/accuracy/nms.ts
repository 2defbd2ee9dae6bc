/** Greedy non-maximum suppression for detectors that do not include it. */
import { boxIou, type Detection } from '../../src/boxes.ts';

/** @returns the kept boxes, best first; boxes of different classes do not suppress each other */
export function suppress(detections: readonly Detection[], iouThreshold = 0.45): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    const covered = kept.some(
      ({ classId, box }) =>
        classId === detection.classId && boxIou(box, detection.box) > iouThreshold,
    );
    if (!covered) kept.push(detection);
  }
  return kept;
}
