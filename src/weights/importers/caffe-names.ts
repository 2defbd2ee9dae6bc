/** Names that both Caffe releases of RefineDet share. */
import { LEVELS } from '../../model/refinedet.ts';

/**
 * Graph layer → Caffe layer, for the TCB and the head convolutions.
 * @param armHeads Caffe prefix of the ARM heads of each level, shallowest first
 * @param odmHeads the same for the ODM heads
 */
export function caffeDetectorNames(
  armHeads: readonly string[],
  odmHeads: readonly string[],
): Map<string, string> {
  return new Map(
    LEVELS.flatMap((level, i): [string, string][] => [
      [`arm${level}.loc`, `${armHeads[i]}_mbox_loc`],
      [`arm${level}.conf`, `${armHeads[i]}_mbox_conf`],
      [`odm${level}.loc`, `${odmHeads[i]}_mbox_loc`],
      [`odm${level}.conf`, `${odmHeads[i]}_mbox_conf`],
      [`tcb${level}.conv1`, `TL${level}_1`],
      [`tcb${level}.conv2`, `TL${level}_2`],
      // The deconvolution is named after the deeper map that it enlarges.
      [`tcb${level}.up`, `P${level + 1}-up`],
      [`tcb${level}.out`, `P${level}`],
    ]),
  );
}
