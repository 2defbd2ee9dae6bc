/**
 * The exported kernels. All work on addresses in the imported memory, assume valid input, allocate
 * nothing and keep no state.
 */
export { anchorLevel } from './anchors';
export { filterNegatives } from './heads';
export { mergeCandidates, postprocess, scratchBytes } from './postprocess';
export { beginResize, resizeScratchBytes, resizeToBytes, resizeToFloat } from './resize';
export { softmaxRows } from './softmax';
