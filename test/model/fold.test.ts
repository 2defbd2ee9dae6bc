import { describe, expect, it } from 'vitest';
import { foldBatchNorm, withoutBatchNorm } from '../../src/model/fold.ts';
import type { Graph, Layer, Weights } from '../../src/model/graph.ts';
import { parameterShapes } from '../../src/model/graph.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { randomWeights } from '../../support/models/random-weights.ts';

const conv: Layer = {
  op: 'conv',
  name: 'conv',
  input: 'input',
  filters: 3,
  kernel: 1,
  stride: 1,
  dilation: 1,
  padding: 0,
  batchNorm: true,
};
const plain: Layer = { ...conv, name: 'plain', input: 'conv', batchNorm: undefined };
const deconv: Layer = { op: 'deconv', name: 'up', input: 'plain', filters: 2, batchNorm: true };
const graph: Graph = {
  layers: [{ op: 'input', name: 'input' }, conv, plain, deconv],
  heads: { armLoc: [], armConf: [], odmLoc: [], odmConf: [] },
  anchorsPerCell: 1,
  numClasses: 2,
};

/** Output channels of a kernel [.., in, out] at its first position for one input pixel. */
function apply(weights: Weights, name: string, input: number[]): number[] {
  const { data, shape } = weights.get(`${name}.weight`)!;
  const outputs = shape[3];
  return Array.from({ length: outputs }, (_, o) =>
    input.reduce((sum, x, i) => sum + x * data[i * outputs + o], 0),
  );
}

describe('folding batch normalization', () => {
  const weights = randomWeights(graph, 1);
  const folded = foldBatchNorm(graph, weights);

  it.each([
    ['conv', [1, -2, 3]],
    ['up', [0.5, 1, -1]],
  ])('leaves the output of %s as it was', (name, input) => {
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map(
      (suffix) => weights.get(`${name}.${suffix}`)!.data,
    );
    const expected = apply(weights, name, input).map(
      (y, c) => ((y - mean[c]) / Math.sqrt(variance[c] + 1e-5)) * gamma[c] + beta[c],
    );
    const bias = folded.weights.get(`${name}.bias`)!.data;
    for (const [c, y] of apply(folded.weights, name, input).entries()) {
      expect(y + bias[c]).toBeCloseTo(expected[c], 5);
    }
  });

  it('gives exactly the tensors of the folded graph', () => {
    const expected = [...parameterShapes(folded.graph)].map(([name, shape]) => [name, [...shape]]);
    const actual = [...folded.weights].map(([name, { shape }]) => [name, [...shape]]);
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
    expect(folded.graph.layers.some((layer) => 'batchNorm' in layer && layer.batchNorm)).toBe(
      false,
    );
  });

  it('changes neither argument and shares the other tensors', () => {
    expect(weights.has('conv.gamma')).toBe(true);
    expect(graph.layers[1]).toBe(conv);
    expect(folded.weights.get('plain.weight')).toBe(weights.get('plain.weight'));
  });

  it('names a missing tensor', () => {
    const partial = new Map(weights);
    partial.delete('up.variance');
    expect(() => foldBatchNorm(graph, partial)).toThrowError(
      expect.objectContaining({
        code: 'WEIGHTS_MISMATCH',
        message: expect.stringContaining('up.variance'),
      }),
    );
  });

  it('folds every convolution of a preset', () => {
    const names = [
      ...parameterShapes(withoutBatchNorm(presetGraph('refinedet320-resnet101', 20))).keys(),
    ];
    expect(names.filter((name) => !/\.(weight|bias)$/.test(name))).toEqual([]);
    expect(names.filter((name) => name.endsWith('.bias')).length).toBe(names.length / 2);
  });
});
