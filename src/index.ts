/**
 * Public API of the detection runtime.
 * @module refinedet
 */
export { type AnchorOptions, anchorGrid, type GridShape } from './anchors.ts';
export type { TfjsBackend } from './backend/tfjs.ts';
export type { Threads } from './backend/wasm.ts';
export { type Box, boxIou, type Detection } from './boxes.ts';
export type {
  BatchOptions,
  BatchResult,
  DetectOptions,
  ReturnErrors,
  ThrowErrors,
} from './detection/detect-options.ts';
export type { ImageSource } from './detection/image-source.ts';
export type { ModelSource } from './detection/load-model.ts';
export type { LoadOptions } from './detection/load-options.ts';
export type { MultiScaleOptions } from './detection/multi-scale.ts';
export type { TileOptions } from './detection/tiles.ts';
export { RefineDet } from './detector.ts';
export type { BackendName, Compute, StageTimings } from './engine/engine.ts';
export type { Accelerator, NativeBackend } from './engine/native-backend.ts';
export { ERROR_CODES, type ErrorCode, RefineDetError } from './errors.ts';
export type { HeadMap } from './heads.ts';
export type { RawImage } from './image/raw-image.ts';
export { postprocess, type RawDetections } from './kernels/postprocess.ts';
export type { Decoding, PostprocessOptions, SoftNms } from './kernels/postprocess-options.ts';
export { type ClassFilter, COCO_CLASSES, VOC_CLASSES } from './labels.ts';
export type { MobileNetWidths } from './model/backbones/mobilenet.ts';
export type {
  Activation,
  AddLayer,
  ConvLayer,
  DeconvLayer,
  DepthwiseLayer,
  FeatureShape,
  Graph,
  InputLayer,
  L2NormLayer,
  Layer,
  Levels,
  MaxPoolLayer,
  Padding,
  Weights,
  WeightTensor,
} from './model/graph.ts';
export type { InputSize } from './model/input-size.ts';
export type { Quantization } from './model/int8/quantization.ts';
export type { Model, ModelConfig } from './model/model.ts';
export { type ChannelOrder, PRESETS, type PresetName } from './model/presets.ts';
export type { LayerSummary, ModelSummary } from './model/summary.ts';
export { MODELS, type ModelName } from './packaged-models.ts';
export type { DownloadProgress, PixelSource, WasmSource } from './platform/platform.ts';
export { ByteTracker, type ByteTrackOptions } from './stream/byte-tracker.ts';
export { createTracker, type TrackerName, type TrackOptions } from './stream/create-tracker.ts';
export { IouTracker, type IouTrackOptions } from './stream/iou-tracker.ts';
export type { FramePolicy, StreamSource } from './stream/read-frames.ts';
export type { StreamOptions, StreamResult } from './stream/stream.ts';
export type { TrackedDetection, Tracker } from './stream/tracker.ts';
export {
  type CrossingDirection,
  type Dwell,
  ZoneCounter,
  type ZoneCounterOptions,
  type ZoneEvent,
  type ZoneFrame,
  type ZoneTotal,
  type ZoneTotals,
} from './stream/zone-counter.ts';
export type { Point } from './stream/zone-geometry.ts';
export {
  type BoxPoint,
  checkZones,
  parseZones,
  type ZoneShape,
  type Zones,
} from './stream/zones.ts';
export { readModel, type StorageType, writeModel } from './weights/model-file.ts';
