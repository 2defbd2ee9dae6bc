/**
 * The exported kernels. All kernels work on addresses in the imported memory, assume valid input,
 * allocate nothing and keep no state.
 */
export { rectifierGradient, sumRows } from './activation';
export { anchorLevel } from './anchors';
export { paintTile } from './augment';
export {
  convolveBytes,
  convolveBytesBlock,
  convolveBytesScratch,
  quantizeFloats,
} from './byte-conv';
export { depthwiseBytes } from './byte-depthwise';
export { chain, chainScratch } from './chain';
export {
  convFilterGradient,
  convInputGradient,
  convolve,
  convolveBlock,
  convolveScratch,
  convScratch,
} from './conv';
export { depthwise } from './depthwise';
export {
  depthwiseFilterGradient,
  depthwiseInputGradient,
  depthwiseScratch,
} from './depthwise-gradient';
export { filterNegatives } from './heads';
export { lossBatch, lossScratchBytes, matchBatch } from './loss';
export { adamwStep, addScaled, moveAverage, sgdStep, sumOfSquares } from './optimizer';
export { packBias, packPanels, packPanelsTransposed } from './pack';
export { mergeCandidates, postprocess, scratchBytes } from './postprocess';
export { depthToSpace, spaceToDepth } from './rearrange';
export { beginResize, resizeScratchBytes, resizeToBytes, resizeToFloat } from './resize';
export { softmaxRows } from './softmax';
export { winograd, winogradScratch } from './winograd';
export { winogradFilter, winogradFilterScratch } from './winograd-points';
export { winogradTiles } from './winograd-tiles';
