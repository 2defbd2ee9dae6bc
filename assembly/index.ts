/**
 * The exported kernels. All work on addresses in the imported memory, assume valid input, allocate
 * nothing and keep no state.
 */
export { anchorLevel } from './anchors';
