/** ONNX Runtime for Node, an optional package. */
import { createRequire } from 'node:module';

/** Whether it is installed, with its binary for this machine. */
export const hasOnnxruntime = canLoad('onnxruntime-node');
if (!hasOnnxruntime) console.warn('ONNX Runtime is not tested: onnxruntime-node cannot be loaded');

function canLoad(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
