/** The layer kernels: those of a network that detects. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../module.ts';
import { LateThread, type Team } from '../parallel/team.ts';
import { byteKernels } from './byte-layers.ts';
import { chainKernels } from './chain.ts';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { LayerHost, type LayerKernel } from './layer-host.ts';
import { rearrangeKernels } from './rearrange.ts';
import { hasKernel, registerKernel, runKernel } from './registry.ts';
import { winogradKernels } from './winograd.ts';

type LayerKernels = ReturnType<typeof layerKernels>;
type Name = keyof LayerKernels;
type AttributesOf<K extends Name> = LayerKernels[K] extends LayerKernel<infer A> ? A : never;

/** Kernel that shows whether all are registered. */
const PROBE: Name = 'conv';

function layerKernels(host: LayerHost) {
  return {
    ...convolutionKernels(host),
    ...winogradKernels(host),
    ...depthwiseKernels(host),
    ...chainKernels(host),
    ...byteKernels(host),
    ...rearrangeKernels(host),
  };
}

/**
 * Registers the kernels with tfjs.
 * @param kernels must work on the memory of the wasm backend
 * @param team threads that share the work; absent: one thread
 */
export function registerLayerKernels(kernels: Kernels, team?: Team): void {
  let layers = layerKernels(new LayerHost(kernels, team));
  for (const name of Object.keys(layers) as Name[]) {
    registerKernel(name, (...call) => {
      const run = () => (layers[name] as LayerKernel<object>)(...call);
      try {
        return run();
      } catch (error) {
        if (!(error instanceof LateThread)) throw error;
        // A new host and a new output: the memory of the late thread is never used again.
        layers = layerKernels(new LayerHost(kernels));
        return run();
      }
    });
  }
}

/** Returns whether the current backend has the kernels. */
export function hasLayerKernels(): boolean {
  return hasKernel(PROBE);
}

type OutputOf<K extends Name> = K extends 'packWinograd'
  ? tf.Tensor2D
  : K extends 'packFilter'
    ? tf.Tensor3D
    : tf.Tensor4D;

/** Runs a kernel of the current backend; optional inputs may be absent. */
export function runLayerKernel<K extends Name>(
  name: K,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: AttributesOf<K>,
): OutputOf<K> {
  return runKernel(name, inputs, attributes as object) as OutputOf<K>;
}
