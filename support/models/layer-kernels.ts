/** Runs code without the layer kernels of the wasm backend: the composed path. */
import * as tf from '@tensorflow/tfjs-core';

export async function withoutLayerKernels<T>(run: () => T | Promise<T>): Promise<T> {
  const kernels = tf
    .getKernelsForBackend('wasm')
    .filter(({ kernelName }) => kernelName.startsWith('refinedet/'));
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, 'wasm');
  try {
    return await run();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}
