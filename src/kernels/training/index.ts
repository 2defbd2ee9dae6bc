/** The kernels of the backward pass, registered with tfjs beside the layer kernels. */
import type * as tf from '@tensorflow/tfjs-core';
import { LayerHost, type LayerKernel } from '../layers/layer-host.ts';
import { hasKernel, registerKernel, runKernel } from '../layers/registry.ts';
import { convolutionGradients } from './convolution-backward.ts';
import { depthwiseGradients } from './depthwise-backward.ts';
import { elementwiseGradients } from './elementwise-backward.ts';
import type { TrainingKernels } from './training-kernels.ts';

type GradientKernels = ReturnType<typeof gradientKernels>;
type Name = keyof GradientKernels;
type AttributesOf<K extends Name> = GradientKernels[K] extends LayerKernel<infer A> ? A : never;

/** Kernel that shows whether all are registered. */
const PROBE: Name = 'convFilterGradient';

function gradientKernels(host: LayerHost<TrainingKernels>) {
  return {
    ...convolutionGradients(host),
    ...depthwiseGradients(host),
    ...elementwiseGradients(host),
  };
}

/**
 * Registers the kernels with tfjs. They run on one thread.
 * @param kernels must work on the memory of the wasm backend
 */
export function registerGradientKernels(kernels: TrainingKernels): void {
  const gradients = gradientKernels(new LayerHost(kernels));
  for (const [name, kernel] of Object.entries(gradients)) {
    registerKernel(name, kernel as LayerKernel<object>);
  }
}

/** Returns whether the current backend has the kernels. */
export function hasGradientKernels(): boolean {
  return hasKernel(PROBE);
}

type OutputOf<K extends Name> = K extends 'rectifierGradient'
  ? [masked: tf.Tensor4D, sums: tf.Tensor1D]
  : K extends 'sumRows'
    ? tf.Tensor1D
    : K extends 'packTransposed'
      ? tf.Tensor3D
      : tf.Tensor4D;

/** Runs a kernel of the current backend; optional inputs may be absent. */
export function runGradientKernel<K extends Name>(
  name: K,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: AttributesOf<K>,
): OutputOf<K> {
  return runKernel(name, inputs, attributes as object) as OutputOf<K>;
}
