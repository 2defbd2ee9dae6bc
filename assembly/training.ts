/** The kernels that only training needs: a module of its own, which pages that only detect do not load. */
export { rectifierGradient, sumRows } from './activation';
export { paintTile } from './augment';
export { convFilterGradient, convInputGradient, convScratch } from './conv';
export {
  depthwiseFilterGradient,
  depthwiseInputGradient,
  depthwiseScratch,
} from './depthwise-gradient';
export { lossBatch, lossScratchBytes, matchBatch } from './loss';
export { adamwStep, addScaled, moveAverage, sgdStep, sumOfSquares } from './optimizer';
export { packPanelsTransposed } from './pack';
export { spaceToDepth } from './rearrange';
