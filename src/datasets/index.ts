/** Public API of `refinedet/datasets`. */
export { type ClassMap, joinDatasets, mapClasses, selectClasses } from './classes.ts';
export type { FindingCode } from './findings.ts';
export { type ImageSize, imageSize } from './image-size.ts';
export {
  type ClassOptions,
  type LoadOptions,
  loadDataset,
  type OpenOptions,
  openDataset,
} from './load.ts';
export type { DatasetSource } from './source.ts';
export type {
  Dataset,
  DatasetFormat,
  DatasetImage,
  Finding,
  GroundTruth,
  Severity,
} from './types.ts';
export { boxFromVocCorners, type VocCorners, vocCorners } from './voc-box.ts';
