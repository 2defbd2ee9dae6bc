/**
 * Public API of `refinedet/datasets`.
 * @module refinedet/datasets
 */
export {
  type CheckOptions,
  type CheckReport,
  checkDataset,
  DEFAULT_CHECK_PRESET,
} from './check.ts';
export { type ClassMap, joinDatasets, mapClasses, selectClasses } from './classes.ts';
export {
  type ConvertOptions,
  type ConvertReport,
  type CopyImages,
  convertDataset,
} from './convert.ts';
export type { FindingCode } from './findings.ts';
export { type FixOptions, type FixReport, fixDataset } from './fix.ts';
export { type ImageSize, imageSize } from './image-size.ts';
export {
  type ClassOptions,
  type LoadOptions,
  loadDataset,
  loadSplits,
  type OpenOptions,
  openDataset,
} from './load.ts';
export type { DatasetSource } from './source.ts';
export type {
  AnchorStats,
  ClassCount,
  DatasetStats,
  MatchCount,
  SizeBin,
  SplitStats,
} from './stats.ts';
export type {
  Dataset,
  DatasetFormat,
  DatasetImage,
  Finding,
  GroundTruth,
  Severity,
} from './types.ts';
export { boxFromVocCorners, type VocCorners, vocCorners } from './voc-box.ts';
