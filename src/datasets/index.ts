/** Public API of `refinedet/datasets`. */
export type {
  Dataset,
  DatasetFormat,
  DatasetImage,
  Finding,
  GroundTruth,
  Severity,
} from './types.ts';
export { boxFromVocCorners, type VocCorners, vocCorners } from './voc-box.ts';
