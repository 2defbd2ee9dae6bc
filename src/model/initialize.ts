/** Fresh weights for a graph: where training starts. */
import { deriveRandom, type Random } from '../random.ts';
import { type Graph, type Layer, parameterShapes, type Weights } from './graph.ts';

/**
 * Kernels uniform in ±√(3 / fan-in), Caffe's "xavier" filler, as the released code fills its new
 * layers; biases 0, batch normalization neutral, L2 normalization at its initial scale.
 * @param seed the same seed gives the same weights
 */
export function initializeWeights(graph: Graph, seed = 1): Weights {
  const random = deriveRandom(seed);
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const weights: Weights = new Map();
  for (const [name, shape] of parameterShapes(graph)) {
    const at = name.lastIndexOf('.');
    const layer = layers.get(name.slice(0, at))!;
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const constant = constantFor(layer, name.slice(at + 1));
    if (constant !== undefined) data.fill(constant);
    else fillUniform(data, Math.sqrt(3 / fanIn(layer, shape)), random);
    weights.set(name, { shape, data });
  }
  return weights;
}

/** Value of a vector; undefined for kernels, which are random. */
function constantFor(layer: Layer, tensor: string): number | undefined {
  if (layer.op === 'l2norm') return layer.scale;
  if (tensor === 'weight') return undefined;
  return tensor === 'gamma' || tensor === 'variance' ? 1 : 0;
}

/** Number of inputs that one output sums up; kernels are [kh, kw, in, out], depthwise [kh, kw, channels, 1]. */
function fanIn({ op }: Layer, [kh, kw, inputs]: readonly number[]): number {
  if (op === 'depthwise') return kh * kw;
  // The windows of a 2×2 stride-2 deconvolution do not overlap.
  return op === 'deconv' ? inputs : kh * kw * inputs;
}

function fillUniform(data: Float32Array, bound: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = random.between(-bound, bound);
}
