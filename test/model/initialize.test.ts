import { describe, expect, it } from 'vitest';
import { parameterShapes } from '../../src/model/graph.ts';
import { initializeWeights } from '../../src/model/initialize.ts';
import { presetGraph } from '../../src/model/presets.ts';

const mobilenet = presetGraph('refinedet320-mobilenet', 3);

describe('initializeWeights', () => {
  it('fills every tensor of the graph in its shape', () => {
    const shapes = [...initializeWeights(mobilenet)].map(([name, { shape, data }]) => {
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      return [name, shape];
    });
    expect(shapes).toEqual([...parameterShapes(mobilenet)]);
  });

  it('keeps the variance through a kernel', () => {
    const { shape, data } = initializeWeights(mobilenet).get('last.weight')!;
    const [kh, kw, inputs] = shape;
    const variance = data.reduce((sum, value) => sum + value ** 2, 0) / data.length;
    expect(variance * kh * kw * inputs).toBeCloseTo(1, 1);
  });

  it('gives the same weights for the same seed only', () => {
    const kernel = (seed: number) => initializeWeights(mobilenet, seed).get('stem.weight')?.data;
    expect(kernel(5)).toEqual(kernel(5));
    expect(kernel(5)).not.toEqual(kernel(6));
  });

  it('starts norms and biases without effect, and the L2 scale at its initial value', () => {
    const conv = { input: 'input', filters: 2, kernel: 1, stride: 1, dilation: 1, padding: 0 };
    const weights = initializeWeights({
      ...mobilenet,
      layers: [
        { op: 'input', name: 'input' },
        { op: 'conv', name: 'plain', ...conv },
        { op: 'conv', name: 'normalized', ...conv, batchNorm: true },
        { op: 'l2norm', name: 'l2', input: 'plain', scale: 8 },
      ],
    });
    const values = (name: string) => Array.from(weights.get(name)?.data ?? []);
    expect(values('plain.bias')).toEqual([0, 0]);
    expect(values('normalized.gamma')).toEqual([1, 1]);
    expect(values('normalized.beta')).toEqual([0, 0]);
    expect(values('normalized.mean')).toEqual([0, 0]);
    expect(values('normalized.variance')).toEqual([1, 1]);
    expect(values('l2.weight')).toEqual([8, 8]);
  });
});
