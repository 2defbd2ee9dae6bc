/** Post-processing: converts raw outputs of a network, or candidates, to detections. */
import type { HeadMap } from '../heads.ts';
import { startOnce } from '../start-once.ts';
import { createHeap } from './heap.ts';
import { loadKernels } from './module.ts';
import { PostProcessor, requireFloats } from './post-processor.ts';
import { type PostprocessOptions, resolvePostprocessOptions } from './postprocess-options.ts';
import type { RawDetections } from './workspace.ts';

export { type Candidates, mergeDetections } from './merge-detections.ts';
export {
  type AnchorGrid,
  type HeadPointers,
  PostProcessor,
} from './post-processor.ts';
export type { RawDetections } from './workspace.ts';

const ownKernels = startOnce(() => loadKernels(createHeap()));

/**
 * Post-processes raw head outputs without a detector, for example outputs of another runtime.
 * @param heads N anchors, all levels joined: armLoc [N, 4], armConf [N, 2] logits, odmLoc [N, 4],
 *   odmConf [N, K + 1] logits; class 0 is background
 * @param anchors [N, 4] cx, cy, w, h, normalized: see anchorGrid
 * @returns detections in normalized corners, best first
 * @throws INVALID_ARGUMENT, INVALID_OPTION, OUT_OF_MEMORY
 */
export async function postprocess(
  heads: HeadMap<Float32Array>,
  anchors: Float32Array,
  options?: Partial<PostprocessOptions>,
): Promise<RawDetections> {
  const resolved = resolvePostprocessOptions(options);
  requireFloats('anchors', anchors);
  requireFloats('odmConf', heads?.odmConf);
  const classes = Math.floor((4 * heads.odmConf.length) / anchors.length) - 1;
  const processor = new PostProcessor(await ownKernels(), anchors, classes);
  try {
    return processor.runArrays([heads], resolved);
  } finally {
    processor.dispose();
  }
}
