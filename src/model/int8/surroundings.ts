/** The layers of a network with the scales of the maps around them. */
import { RefineDetError } from '../../errors.ts';
import type { Graph, Weights, WeightTensor } from '../graph.ts';
import type { PlanStep } from '../plan.ts';
import { type Int8Step, isRectified, type Quantization } from './quantization.ts';
import type { ConvMatrix } from './quantize-conv.ts';
import type { DepthwiseFilter } from './quantize-depthwise.ts';

export class Surroundings {
  readonly #weights: Weights;
  readonly #quantization: Quantization;
  readonly #heads: ReadonlySet<string>;
  readonly #rectified: ReadonlySet<string>;

  /** @param plan steps of a network without batch normalization */
  constructor(
    { heads }: Graph,
    plan: readonly Int8Step[],
    weights: Weights,
    quantization: Quantization,
  ) {
    this.#weights = weights;
    this.#quantization = quantization;
    this.#heads = new Set(Object.values(heads).flat());
    this.#rectified = new Set(plan.filter(isRectified).map(({ name }) => name));
  }

  /** Whether a map holds -128..127, and otherwise 0..255. */
  isSigned(map: string): boolean {
    return !this.#rectified.has(map);
  }

  isHead(map: string): boolean {
    return this.#heads.has(map);
  }

  /** @throws MODEL_METADATA */
  scales(map: string): Float32Array {
    const scales = this.#quantization.scales.get(map);
    if (scales) return scales;
    throw new RefineDetError(
      'MODEL_METADATA',
      `the model's calibration lacks the scales of the map "${map}"`,
    );
  }

  /** A convolution as a matrix; a deconvolution is one to four times the channels. */
  conv(step: PlanStep<'conv'> | PlanStep<'deconv'>): ConvMatrix {
    const [weight, bias] = this.#tensors(step);
    const [input, residual] = step.inputs.map((map) => this.scales(map));
    const output = this.isHead(step.name) ? undefined : this.scales(step.name);
    if (step.kind === 'conv') return { weight, bias, input, output, residual };
    return {
      weight: { data: spreadDeconvWeight(weight) },
      bias: fourTimes(bias),
      input,
      output: output && fourTimes(output),
    };
  }

  depthwise(step: PlanStep<'depthwise'>): DepthwiseFilter {
    const [weight, bias] = this.#tensors(step);
    const input = this.scales(step.inputs[0]);
    return { weight: weight.data, bias, input, output: this.scales(step.name) };
  }

  /** The weight of a step, and its bias with the correction. */
  #tensors({ layer, tensors }: Int8Step): [weight: WeightTensor, bias: Float32Array] {
    const [weight, bias] = tensors.map((name) => {
      const tensor = this.#weights.get(name);
      if (!tensor) throw new RefineDetError('WEIGHTS_MISMATCH', `tensor "${name}" is missing`);
      return tensor;
    });
    const correction = this.#quantization.corrections.get(layer.name);
    return [weight, correction ? bias.data.map((b, i) => b + correction[i]) : bias.data];
  }
}

/** [2, 2, in, out] → [in, 4 · out] */
function spreadDeconvWeight({ shape, data }: WeightTensor): Float32Array {
  const [, , channels, filters] = shape;
  const spread = new Float32Array(data.length);
  for (let tap = 0, at = 0; tap < 4; tap++) {
    for (let c = 0; c < channels; c++) {
      for (let n = 0; n < filters; n++) spread[(c * 4 + tap) * filters + n] = data[at++];
    }
  }
  return spread;
}

function fourTimes(values: Float32Array): Float32Array {
  const repeated = new Float32Array(4 * values.length);
  for (let tap = 0; tap < 4; tap++) repeated.set(values, tap * values.length);
  return repeated;
}
