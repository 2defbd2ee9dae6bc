/** Binds the steps of a network to kernels on 8-bit maps. */
import * as tf from '@tensorflow/tfjs-core';
import type { ByteOutput } from '../../kernels/layers/byte-layers.ts';
import { runLayerKernel } from '../../kernels/layers/index.ts';
import type { BoundStep } from '../binders.ts';
import { convGeometry, depthwiseGeometry } from '../geometry.ts';
import { type ConvLayer, channelsByLayer, type Graph, type Weights } from '../graph.ts';
import type { PlanStep, StepBase } from '../plan.ts';
import { packPanels, pieceSize } from './pack-panels.ts';
import { type Int8Step, planInt8, type Quantization } from './quantization.ts';
import { quantizeConv } from './quantize-conv.ts';
import { quantizeDepthwise } from './quantize-depthwise.ts';
import { Surroundings } from './surroundings.ts';

/** A bound step with the names of its maps. */
export interface NamedStep extends Pick<StepBase, 'name' | 'inputs'> {
  bound: BoundStep;
}

/** Suffix of the 8-bit copy of the input. */
const QUANTIZED = ' in 8 bits';

/**
 * Binds a network without batch normalization; the first step quantizes the input.
 * @throws INVALID_OPTION, MODEL_METADATA, WEIGHTS_MISMATCH
 */
export function bindInt8(graph: Graph, weights: Weights, quantization: Quantization): NamedStep[] {
  const image = graph.layers[0].name;
  const plan = planInt8(graph);
  const around = new Surroundings(graph, plan, weights, quantization);
  const channels = channelsByLayer(graph);
  const bytes = image + QUANTIZED;
  const quantize = { name: bytes, inputs: [image], bound: bindQuantize(around.scales(image)[0]) };
  const steps = plan.map((step) => ({
    name: step.name,
    inputs: step.inputs.map((map) => (map === image ? bytes : map)),
    bound: bindStep(step, around, channels.get(step.layer.input)!),
  }));
  return [quantize, ...steps];
}

/** In a function of its own: the closure would keep the weights in memory that are in scope above. */
function bindQuantize(scale: number): BoundStep {
  const inverse = 1 / scale;
  return {
    run: ([x]) => runLayerKernel('quantize', { x }, { inverse }),
    reads: [],
    dispose() {},
  };
}

function bindStep(step: Int8Step, around: Surroundings, channels: number): BoundStep {
  if (step.kind === 'depthwise') return bindDepthwise(step, around);
  if (step.kind === 'conv') return bindConv(step, step.layer, around, channels);
  const plain = { kernel: 1, stride: 1, dilation: 1, padding: 0 };
  const filters = 4 * step.layer.filters;
  const spread: ConvLayer = { op: 'conv', name: '', input: '', filters, ...plain };
  const conv = bindConv(step, spread, around, channels);
  return {
    ...conv,
    run(maps) {
      const x = conv.run(maps);
      const y = runLayerKernel('depthToSpaceBytes', { x }, {});
      x.dispose();
      return y;
    },
  };
}

function bindConv(
  step: PlanStep<'conv'> | PlanStep<'deconv'>,
  layer: ConvLayer,
  around: Surroundings,
  channels: number,
): BoundStep {
  const matrix = around.conv(step);
  const quantized = quantizeConv(matrix);
  const piece = pieceSize(channels, layer.kernel, layer.dilation);
  const isFloat = matrix.output === undefined;
  const filter = keep(packPanels(quantized, piece, isFloat));
  const [input, added] = step.inputs;
  const rectified: ByteOutput = around.isSigned(step.name) ? 'signed' : 'unsigned';
  const output: ByteOutput = isFloat ? 'float' : rectified;
  const attributes = {
    output,
    shift: quantized.shift,
    isSigned: around.isSigned(input),
    residualIsSigned: added !== undefined && around.isSigned(added),
  };
  return {
    run: ([x, residual]) => {
      const geometry = convGeometry(x.shape, layer);
      return runLayerKernel('convBytes', { x, filter, residual }, { geometry, ...attributes });
    },
    reads: [],
    dispose: () => filter.dispose(),
  };
}

function bindDepthwise(step: PlanStep<'depthwise'>, around: Surroundings): BoundStep {
  const words = quantizeDepthwise(around.depthwise(step));
  const padded = new Int16Array(2 * Math.ceil(words.length / 2));
  padded.set(words);
  const filter = keep(new Int32Array(padded.buffer));
  return {
    run: ([x]) => {
      const geometry = depthwiseGeometry(x.shape, step.layer);
      return runLayerKernel('depthwiseBytes', { x, filter }, { geometry });
    },
    reads: [],
    dispose: () => filter.dispose(),
  };
}

function keep(words: Int32Array): tf.Tensor {
  return tf.keep(tf.tensor1d(words, 'int32'));
}
