/** Ground truth of one image, in the form that the loss reads. */
import type { GroundTruth } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';

/** The boxes of one image in flat arrays. */
export interface Truth {
  /** [G, 4] corners (x1, y1, x2, y2), normalized. */
  boxes: Float32Array;
  /** [G] class ids; 0 is the first object class. */
  classIds: Int32Array;
  /**
   * [G] 1 for ignored boxes: no anchor is matched to them, and anchors with at least half of their area
   * inside are not negatives.
   */
  ignored: Uint8Array;
}

/** Treatment of VOC's difficult boxes: train on them, like the released code, or ignore them. */
export type DifficultBoxes = 'use' | 'ignore';

/**
 * Normalizes annotated boxes and clips them to the image. Crowd regions become ignored
 * boxes; boxes without area inside the image are dropped.
 * @param width,height size of the image in pixels
 */
export function truthOf(
  boxes: readonly GroundTruth[],
  width: number,
  height: number,
  difficult: DifficultBoxes = 'use',
): Truth {
  const rows = boxes
    .map(({ box, classId, ...flags }) => ({
      corners: Float32Array.of(
        clamp01(box.x / width),
        clamp01(box.y / height),
        clamp01((box.x + box.width) / width),
        clamp01((box.y + box.height) / height),
      ),
      classId,
      ignored: flags.crowd || (flags.difficult && difficult === 'ignore'),
    }))
    .filter(({ corners: [x1, y1, x2, y2] }) => x2 > x1 && y2 > y1);
  return {
    boxes: Float32Array.from(rows.flatMap(({ corners }) => [...corners])),
    classIds: Int32Array.from(rows, ({ classId }) => classId),
    ignored: Uint8Array.from(rows, ({ ignored }) => Number(ignored)),
  };
}

/**
 * Checks boxes from a caller; values that are not finite are allowed and match nothing.
 * @param classes number of object classes (K)
 * @throws INVALID_ARGUMENT for arrays of unequal length or a class outside 0 … K - 1
 */
export function checkTruth({ boxes, classIds, ignored }: Truth, classes: number): void {
  const count = classIds.length;
  if (boxes.length !== 4 * count || ignored.length !== count) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${count} boxes must have ${4 * count} coordinates and ${count} flags, not ${boxes.length} and ${ignored.length}`,
    );
  }
  const wrong = classIds.find((classId) => classId < 0 || classId >= classes);
  if (wrong !== undefined) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `a box has class ${wrong}, expected 0 to ${classes - 1}`,
    );
  }
}

function clamp01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
