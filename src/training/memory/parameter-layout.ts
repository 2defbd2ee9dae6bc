/** The trainable tensors of a graph and their positions in one flat buffer. */
import { RefineDetError } from '../../errors.ts';
import { type Graph, type Layer, parameterShapes, type Weights } from '../../model/graph.ts';
import { STATISTICS } from '../gradients/gradient-plan.ts';

/** One tensor. It has the same position in the buffers of weights, gradients and optimizer state. */
export interface Parameter {
  /** Name such as `stem.weight`. */
  name: string;
  /** Name of its layer. */
  layer: string;
  shape: readonly number[];
  /** First float in the buffer, a multiple of 4. */
  offset: number;
  /** Number of floats without padding. */
  length: number;
  isBias: boolean;
  /** Whether weight decay applies: only to the weights of dense convolutions. */
  decays: boolean;
}

export interface ParameterLayout {
  parameters: readonly Parameter[];
  /** Number of floats in a buffer. Tensors are padded with zeros to a multiple of 4. */
  length: number;
}

const DECAYING_OPS: readonly Layer['op'][] = ['conv', 'deconv'];

export function layOutParameters(graph: Graph): ParameterLayout {
  const ops = new Map(graph.layers.map(({ name, op }) => [name, op]));
  const parameters: Parameter[] = [];
  let offset = 0;
  for (const [name, shape] of parameterShapes(graph)) {
    const dot = name.lastIndexOf('.');
    const [layer, suffix] = [name.slice(0, dot), name.slice(dot + 1)];
    if (STATISTICS.test(name)) continue;
    const length = shape.reduce((product, size) => product * size, 1);
    parameters.push({
      name,
      layer,
      shape,
      offset,
      length,
      isBias: suffix === 'bias' || suffix === 'beta',
      decays: suffix === 'weight' && DECAYING_OPS.includes(ops.get(layer)!),
    });
    offset += paddedLength(length);
  }
  return { parameters, length: offset };
}

/** Number of floats that a tensor of `length` floats takes in a buffer. */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}

/**
 * Copies tensors into a buffer.
 * @throws WEIGHTS_MISMATCH when a tensor is missing or has another number of values
 */
export function writeWeights(
  buffer: Float32Array,
  { parameters }: ParameterLayout,
  weights: Weights,
): void {
  for (const { name, offset, length } of parameters) {
    const data = weights.get(name)?.data;
    if (data?.length !== length) {
      throw new RefineDetError(
        'WEIGHTS_MISMATCH',
        `tensor "${name}" has ${data?.length ?? 'no'} values, expected ${length}`,
      );
    }
    buffer.set(data, offset);
  }
}

/** Copies the tensors out of a buffer. */
export function readWeights(buffer: Float32Array, { parameters }: ParameterLayout): Weights {
  return new Map(
    parameters.map(({ name, shape, offset, length }) => [
      name,
      { shape, data: buffer.slice(offset, offset + length) },
    ]),
  );
}
