/**
 * Our kernels as kernels of tfjs' wasm backend, under our own names, so that kernels of tfjs and other
 * packages stay unchanged. Other backends do not have them.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { type Inputs, type LayerKernel, Tensors } from './layer-host.ts';

const BACKEND = 'wasm';

function registeredName(name: string): string {
  return `refinedet/${name}`;
}

/** Registers a kernel with tfjs. */
export function registerKernel(name: string, kernel: LayerKernel<object>): void {
  tf.registerKernel({
    kernelName: registeredName(name),
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) =>
      kernel(inputs as Inputs, attrs ?? {}, new Tensors(backend as BackendWasm)),
  });
}

/** Returns whether the current backend has a kernel. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(registeredName(name), tf.getBackend()) !== undefined;
}

/** Runs a kernel of the current backend; optional inputs may be absent. */
export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: object,
): tf.Tensor | tf.Tensor[] {
  const present = inputs as tf.NamedTensorMap;
  return tf.engine().runKernel(registeredName(name), present, attributes as tf.NamedAttrMap);
}
