/**
 * Public API of `refinedet/export`.
 * @module refinedet/export
 */
export { exportOnnx, type OnnxOptions } from './onnx/export-onnx.ts';
export { readOnnxMetadata } from './onnx/read-metadata.ts';
