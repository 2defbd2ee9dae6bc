/** Suppresses candidates from any source: scales, flips, tiles. */
import { RefineDetError } from '../errors.ts';
import { float32View } from './heap.ts';
import type { Kernels } from './module.ts';
import { type PostprocessOptions, resolvePostprocessOptions } from './postprocess-options.ts';
import { GrowingBuffer, type RawDetections, Workspace } from './workspace.ts';

/** Input of {@link mergeDetections}: raw detections without the count. */
export type Candidates = Omit<RawDetections, 'count'>;

/**
 * Merges candidates from several scales, flips or tiles into one list, by the same suppression as
 * PostProcessor. The options for objectness and anchors have no effect here. Candidates with a NaN
 * or infinity, or without area inside [0, 1], are dropped; equal scores keep the order of the list.
 * @param candidates boxes as corners, all in one normalized frame
 * @param classes object classes (K)
 * @throws INVALID_ARGUMENT, INVALID_OPTION, OUT_OF_MEMORY
 */
export function mergeDetections(
  kernels: Kernels,
  candidates: Candidates,
  classes: number,
  options?: Partial<PostprocessOptions>,
): RawDetections {
  const resolved = resolvePostprocessOptions(options);
  checkCandidates(candidates, classes);
  const { boxes, scores, classIds } = candidates;
  const count = scores.length;
  const { heap } = kernels;
  const input = new GrowingBuffer(heap);
  const workspace = new Workspace(kernels, classes);
  try {
    const boxesAt = input.reserve(24 * count);
    const scoresAt = boxesAt + 16 * count;
    const classIdsAt = scoresAt + 4 * count;
    const parameters = workspace.prepare(count, resolved, NO_HEADS);
    float32View(heap, boxesAt, 4 * count).set(boxes);
    float32View(heap, scoresAt, count).set(scores);
    new Int32Array(heap.memory.buffer, classIdsAt, count).set(classIds);
    return workspace.read(kernels.mergeCandidates(parameters, boxesAt, scoresAt, classIdsAt));
  } finally {
    input.dispose();
    workspace.dispose();
  }
}

const NO_HEADS = { anchors: 0, levels: 0, levelCount: 0 };

function checkCandidates({ boxes, scores, classIds }: Candidates, classes: number): void {
  if (boxes.length !== 4 * scores.length || classIds.length !== scores.length) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${scores.length} scores need as many boxes and class ids, not ${boxes.length / 4} and ${classIds.length}`,
    );
  }
  const stray = classIds.find((id) => !(id >= 0 && id < classes));
  if (stray !== undefined) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `class id ${stray} is not one of the ${classes} classes`,
    );
  }
}
