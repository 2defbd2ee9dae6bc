/** Seeded random weights: networks whose outputs vary, for tests that need no trained model. */
import { type Graph, parameterShapes, type Weights } from '../../src/model/graph.ts';
import { deriveRandom } from '../../src/random.ts';

/** Uniform numbers in [0, 1) from a seed. */
export function seededRandom(seed: number): () => number {
  const random = deriveRandom(seed);
  return () => random.uniform();
}

/** He-scaled uniform weights, small biases; norms and variances positive. */
export function randomWeights(graph: Graph, seed: number): Weights {
  const random = seededRandom(seed);
  const weights: Weights = new Map();
  for (const [name, shape] of parameterShapes(graph)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const fanIn = shape.length === 4 ? shape[0] * shape[1] * (shape[3] === 1 ? 1 : shape[2]) : 0;
    const spread = fanIn > 0 ? Math.sqrt(6 / fanIn) : 0.1;
    const center = /\.(gamma|variance)$/.test(name) ? 1 : 0;
    const data = Float32Array.from({ length: size }, () => center + spread * (2 * random() - 1));
    weights.set(name, { shape, data });
  }
  return weights;
}
