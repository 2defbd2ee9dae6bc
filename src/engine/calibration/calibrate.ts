/**
 * Calibration for 8-bit inference: runs the float network on images, chooses the steps of all maps, and
 * corrects the biases for what rounded weights change on average.
 */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backend/current.ts';
import { tensorPointer, type WasmRuntime } from '../../backend/wasm.ts';
import { RefineDetError } from '../../errors.ts';
import type { RawImage } from '../../image/raw-image.ts';
import { Preprocessor } from '../../kernels/resize.ts';
import { KERNEL_BINDERS } from '../../model/bind-kernels.ts';
import { bindStep } from '../../model/binders.ts';
import { foldBatchNorm } from '../../model/fold.ts';
import { channelsByLayer } from '../../model/graph.ts';
import { planInt8, type Quantization } from '../../model/int8/quantization.ts';
import type { Model, ModelConfig } from '../../model/model.ts';
import { chooseScales, type Int8Network } from './choose-scales.ts';
import { correctBiases } from './correct-biases.ts';
import { Histogram } from './histogram.ts';

export interface CalibrationOptions {
  /** Corrects the biases of convolutions; default true. */
  biases?: boolean;
}

/**
 * Calibrates a model.
 * @param images as for detection, some dozens that resemble the later ones
 * @throws INVALID_OPTION when the network cannot run in 8 bits; INVALID_ARGUMENT without images, or when the
 *   network computes a value that is not finite
 */
export async function calibrate(
  runtime: WasmRuntime,
  model: Model,
  images: AsyncIterable<RawImage>,
  { biases = true }: CalibrationOptions = {},
): Promise<Quantization> {
  const folded = foldBatchNorm(model.graph, model.weights);
  const network = { ...folded, plan: planInt8(folded.graph) };
  const maps = await observe(runtime, model.config, network, images);
  const scales = chooseScales(model.config, network, maps);
  const corrections = biases
    ? correctBiases(network, scales, maps)
    : new Map<string, Float32Array>();
  return { scales, corrections };
}

/** Runs the network on all images; returns the distributions of all maps that are not heads. */
async function observe(
  runtime: WasmRuntime,
  config: ModelConfig,
  { graph, weights, plan }: Int8Network,
  images: AsyncIterable<RawImage>,
): Promise<ReadonlyMap<string, Histogram>> {
  useBackend('wasm');
  const { inputHeight: height, inputWidth: width, mean, std, channelOrder } = config;
  const heads = new Set(Object.values(graph.heads).flat());
  const channels = channelsByLayer(graph);
  const bound = plan.map((step) => {
    const tensors = step.tensors.map((name) => {
      const { shape, data } = weights.get(name)!;
      return tf.tensor(data, shape as number[]);
    });
    return { step, tensors, layer: bindStep(KERNEL_BINDERS, step, tensors) };
  });
  const observed = [graph.layers[0].name, ...plan.map(({ name }) => name)].filter(
    (name) => !heads.has(name),
  );
  const found = new Map(observed.map((name) => [name, new Histogram(name, channels.get(name)!)]));
  const preprocessor = new Preprocessor(runtime.kernels);
  const input = tf.zeros<tf.Rank.R4>([1, height, width, 3]);
  let count = 0;
  try {
    for await (const image of images) {
      count++;
      useBackend('wasm');
      const target = { pointer: tensorPointer(input), width, height };
      preprocessor.run(image, target, { mean, std, channelOrder });
      const maps = new Map([[graph.layers[0].name, input]]);
      try {
        for (const { step, layer } of bound) {
          maps.set(step.name, layer.run(step.inputs.map((name) => maps.get(name)!)));
        }
        for (const [name, histogram] of found) {
          histogram.add(maps.get(name)!.dataSync() as Float32Array);
        }
      } finally {
        tf.dispose([...maps.values()].filter((map) => map !== input));
      }
    }
  } finally {
    preprocessor.dispose();
    for (const { layer, tensors } of bound) {
      layer.dispose();
      tf.dispose(tensors);
    }
    input.dispose();
  }
  if (count === 0) throw new RefineDetError('INVALID_ARGUMENT', 'calibration needs an image');
  return found;
}
