/** Seeded random weights: networks whose outputs vary, for tests that need no trained model. */
import { type Graph, parameterShapes, type Weights } from '../../src/model/graph.ts';

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** He-scaled uniform weights, small biases; norms and variances positive. */
export function randomWeights(graph: Graph, seed: number): Weights {
  const random = seededRandom(seed);
  const weights: Weights = new Map();
  for (const [name, shape] of parameterShapes(graph)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const fanIn = shape.length === 4 ? shape[0] * shape[1] * (shape[3] === 1 ? 1 : shape[2]) : 0;
    const spread = fanIn > 0 ? Math.sqrt(6 / fanIn) : 0.1;
    const centre = /\.(gamma|variance)$/.test(name) ? 1 : 0;
    const data = Float32Array.from({ length: size }, () => centre + spread * (2 * random() - 1));
    weights.set(name, { shape, data });
  }
  return weights;
}
