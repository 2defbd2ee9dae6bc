/**
 * Public API of `refinedet/datasets`.
 * @module refinedet/datasets
 */
export {
  type CheckOptions,
  type CheckReport,
  checkDataset,
  DEFAULT_CHECK_PRESET,
} from './check/check-dataset.ts';
export type {
  AnchorStats,
  ClassCount,
  DatasetStats,
  MatchCount,
  SizeBin,
  SplitStats,
} from './check/dataset-stats.ts';
export type { FindingCode } from './check/findings.ts';
export { type FixOptions, type FixReport, fixDataset, lostMost } from './check/fix-dataset.ts';
export {
  type ConvertOptions,
  type ConvertReport,
  type CopyImages,
  convertDataset,
} from './convert-dataset.ts';
export { type ClassMap, joinDatasets, mapClasses, selectClasses } from './dataset-classes.ts';
export type { DatasetSource } from './dataset-source.ts';
export type {
  Dataset,
  DatasetFormat,
  DatasetImage,
  Finding,
  GroundTruth,
  Id,
  Severity,
  WrittenFormat,
} from './dataset-types.ts';
export { findCopies } from './find-copies.ts';
export { type ImageSize, imageSize } from './image-size.ts';
export {
  type ClassOptions,
  type LoadDatasetOptions,
  loadDataset,
  loadSplits,
  type OpenOptions,
  openDataset,
} from './load-dataset.ts';
export {
  type SplitGroups,
  type SplitOptions,
  type SplitResult,
  splitDataset,
} from './split-dataset.ts';
export { boxFromVocCorners, type VocCorners, vocCorners } from './voc/voc-box.ts';
