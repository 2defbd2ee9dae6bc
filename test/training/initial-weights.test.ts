import { describe, expect, it } from 'vitest';
import { withoutBatchNorm } from '../../src/model/fold.ts';
import type { Weights } from '../../src/model/graph.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { freshWeights } from '../../src/training/init/fresh-weights.ts';
import { initializeLaterals } from '../../src/training/init/initial-laterals.ts';
import { initialModel } from '../../src/training/init/initial-weights.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import type { SourceTensor } from '../../src/weights/weight-source.ts';
import { randomModel } from '../../support/models/random-model.ts';

const LIGHT = presetGraph('refinedet320-mobilenet', 3);

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

/** Millions of numbers: too many for toEqual. */
function isSame(a: Weights, b: Weights): boolean {
  return [...a].every(([name, { data }]) => {
    const other = b.get(name)!.data;
    return data.every((value, i) => value === other[i]);
  });
}

describe('freshWeights', () => {
  const weights = freshWeights(LIGHT, 'he', 1);
  const data = (name: string) => weights.get(name)!.data;

  it('predicts background for three of four mined anchors, and all classes equally', () => {
    for (const [layer, classes] of [
      ['arm4.conf', 2],
      ['odm4.conf', 4],
    ] as const) {
      const cell = data(`${layer}.bias`).slice(0, classes);
      const total = cell.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const odds = Array.from(cell, (logit) => Math.exp(logit) / total);
      expect(odds[0]).toBeCloseTo(0.75, 5);
      for (const p of odds.slice(1)) expect(p).toBeCloseTo(0.25 / (classes - 1), 5);
    }
  });

  it('initializes kernels by their fan-in, heads near zero, depthwise ones around the identity', () => {
    expect(deviation(data('odm3.conf.weight'))).toBeCloseTo(0.01, 3);
    expect(deviation(data('tcb3.conv2.weight'))).toBeCloseTo(Math.sqrt(2 / 128), 2);
    expect(deviation(data('tcb3.up.weight'))).toBeCloseTo(Math.sqrt(2 / 128), 2);
    const depthwise = data('lateral3.depthwise.weight');
    expect(depthwise.slice(4 * 128, 5 * 128).reduce((a, b) => a + b) / 128).toBeCloseTo(1, 1);
    expect(deviation(depthwise.slice(0, 128))).toBeCloseTo(0.08, 1);
    expect(Math.max(...data('tcb3.conv2.bias').map(Math.abs))).toBe(0);
  });

  it('depends on the seed', () => {
    expect(isSame(freshWeights(LIGHT, 'he', 1), weights)).toBe(true);
    expect(isSame(freshWeights(LIGHT, 'he', 2), weights)).toBe(false);
    const dense = withoutBatchNorm(presetGraph('refinedet320-vgg16', 1));
    const bound = Math.sqrt(3 / (9 * 256));
    const kernel = freshWeights(dense, 'xavier', 1).get('tcb3.conv2.weight')!.data;
    expect(Math.max(...kernel.subarray(0, 5000).map(Math.abs))).toBeLessThanOrEqual(bound);
  });
});

describe('initializeLaterals', () => {
  const tensor = (...shape: number[]): SourceTensor => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 97);
    return { shape, read: () => data };
  };

  it('copies class columns, then box columns, scaled and shifted for ReLU6', () => {
    const weights = freshWeights(LIGHT, 'he', 1);
    const before = weights.get('lateral4.reduce.weight')!.data.slice();
    const file = new Map([
      ['head0.class.weight', tensor(1, 1, 576, 72)],
      ['head0.class.bias', tensor(72)],
      ['head0.box.weight', tensor(1, 1, 576, 12)],
      ['head0.box.bias', tensor(12)],
    ]);
    initializeLaterals(weights, file);
    const { data } = weights.get('lateral4.reduce.weight')!;
    const bias = weights.get('lateral4.reduce.bias')!.data;
    const [channel, classColumn, boxColumn] = [5, 70, 3];
    expect(data[channel * 128 + classColumn]).toBeCloseTo(0.6 * ((channel * 72 + 70) % 97), 4);
    expect(data[channel * 128 + 72 + boxColumn]).toBeCloseTo(0.6 * ((channel * 12 + 3) % 97), 4);
    expect(bias[classColumn]).toBeCloseTo(0.6 * 70 + 3.5, 4);
    expect(bias[72 + boxColumn]).toBeCloseTo(0.6 * 3 + 3.5, 4);
    expect(data[channel * 128 + 84]).toBe(before[channel * 128 + 84]);
    expect(bias[84]).toBe(0);
  });

  it('does not change tensors that do not match', () => {
    const weights = freshWeights(LIGHT, 'he', 1);
    initializeLaterals(weights, new Map([['head0.class.weight', tensor(1, 1, 8, 4)]]));
    expect(isSame(weights, freshWeights(LIGHT, 'he', 1))).toBe(true);
  });
});

describe('initialModel', () => {
  it('describes the input like the file, at the size of the last phase', async () => {
    const model = randomModel();
    const config = { ...model.config, mean: [1, 2, 3] as const, channelOrder: 'BGR' as const };
    const bytes = await writeModel({ ...model, config });
    const options = resolveTrainConfig({ inputSizes: [{ from: 0, sizes: [128, 192] }] });
    const { model: first, fresh } = await initialModel(options, ['a', 'b', 'c'], bytes);
    expect(fresh).toEqual([]);
    expect(isSame(first.weights, model.weights)).toBe(true);
    expect(first.config).toMatchObject({
      mean: [1, 2, 3],
      channelOrder: 'BGR',
      inputHeight: 192,
      inputWidth: 192,
      classes: ['a', 'b', 'c'],
    });
  });

  it('detects at the size of the preset if the run ends with it among others', async () => {
    const sideAfter = async (sizes: number[]) => {
      const phases = [
        { from: 0, sizes: [128] },
        { from: 0.5, sizes },
      ];
      const { model } = await initialModel(resolveTrainConfig({ inputSizes: phases }), ['a']);
      return model.config.inputWidth;
    };
    expect(await sideAfter([256, 320, 512])).toBe(320);
    expect(await sideAfter([256, 384])).toBe(384);
  });
});
