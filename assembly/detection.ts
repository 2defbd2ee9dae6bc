/**
 * The kernels that detect. All exported kernels, here and in training.ts, work on addresses in the imported
 * memory, assume valid input, allocate nothing and keep no state: so two modules can share one memory.
 */
export { anchorLevel } from './anchors';
export {
  convolveBytes,
  convolveBytesBlock,
  convolveBytesScratch,
  quantizeFloats,
} from './byte-conv';
export { depthwiseBytes } from './byte-depthwise';
export { chain, chainScratch } from './chain';
export { convolve, convolveBlock, convolveScratch } from './conv';
export { depthwise } from './depthwise';
export { filterNegatives } from './heads';
export { packBias, packPanels } from './pack';
export { mergeCandidates, postprocess, scratchBytes } from './postprocess';
export { depthToSpace } from './rearrange';
export { beginResize, resizeScratchBytes, resizeToBytes, resizeToFloat } from './resize';
export { softmaxRows } from './softmax';
export { winograd, winogradScratch } from './winograd';
export { winogradFilter, winogradFilterScratch } from './winograd-points';
export { winogradTiles } from './winograd-tiles';
