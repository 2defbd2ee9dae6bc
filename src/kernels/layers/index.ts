/**
 * The layer kernels as kernels of tfjs' wasm backend, under our own names, so that kernels of tfjs and
 * other packages stay unchanged. Other backends do not have them: see {@link hasLayerKernels}.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../module.ts';
import { LateThread, type Team } from '../parallel/team.ts';
import { byteKernels } from './byte-layers.ts';
import { chainKernels } from './chain.ts';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { elementwiseKernels } from './elementwise.ts';
import { type Inputs, LayerHost, type LayerKernel, Tensors } from './layer-host.ts';
import { winogradKernels } from './winograd.ts';

type LayerKernels = ReturnType<typeof layerKernels>;
type Name = keyof LayerKernels;
type AttributesOf<K extends Name> = LayerKernels[K] extends LayerKernel<infer A> ? A : never;

const BACKEND = 'wasm';
/** Kernel that shows whether all are registered. */
const PROBE: Name = 'conv';

function layerKernels(host: LayerHost) {
  return {
    ...convolutionKernels(host),
    ...winogradKernels(host),
    ...depthwiseKernels(host),
    ...chainKernels(host),
    ...byteKernels(host),
    ...elementwiseKernels(host),
  };
}

function registeredName(name: string): string {
  return `refinedet/${name}`;
}

/**
 * Registers the kernels with tfjs.
 * @param kernels must work on the memory of the wasm backend
 * @param team threads that share the work; absent: one thread
 */
export function registerLayerKernels(kernels: Kernels, team?: Team): void {
  let layers = layerKernels(new LayerHost(kernels, team));
  for (const name of Object.keys(layers) as Name[]) {
    const run: KernelFunc = ({ inputs, attrs, backend }) => {
      const layer = layers[name] as LayerKernel<object>;
      return layer(inputs as Inputs, attrs ?? {}, new Tensors(backend as BackendWasm));
    };
    tf.registerKernel({
      kernelName: registeredName(name),
      backendName: BACKEND,
      kernelFunc(call) {
        try {
          return run(call);
        } catch (error) {
          if (!(error instanceof LateThread)) throw error;
          // A new host and a new output: the memory of the late thread is never used again.
          layers = layerKernels(new LayerHost(kernels));
          return run(call);
        }
      },
    });
  }
}

/** Returns whether the current backend has the kernels. */
export function hasLayerKernels(): boolean {
  return tf.getKernel(registeredName(PROBE), tf.getBackend()) !== undefined;
}

type OutputOf<K extends Name> = K extends 'rectifierGradient'
  ? [masked: tf.Tensor4D, sums: tf.Tensor1D]
  : K extends 'sumRows'
    ? tf.Tensor1D
    : K extends 'packWinograd'
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
  const present = inputs as tf.NamedTensorMap;
  const attrs = attributes as tf.NamedAttrMap;
  return tf.engine().runKernel(registeredName(name), present, attrs) as OutputOf<K>;
}
