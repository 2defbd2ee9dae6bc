/** ONNX Runtime for Node, an optional package. */
import { createRequire } from 'node:module';
import { hasPart } from './optional-parts.ts';

/** Whether it is installed, with its binary for this machine. */
export const hasOnnxruntime = hasPart('onnxruntime', problemOf('onnxruntime-node'));

function problemOf(name: string): string | undefined {
  try {
    createRequire(import.meta.url)(name);
    return undefined;
  } catch (error) {
    return `${name} cannot be loaded: ${(error as Error).message.split('\n')[0]}`;
  }
}
