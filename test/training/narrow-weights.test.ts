import { describe, expect, it } from 'vitest';
import { modelBytes } from '../../src/detection/load-model.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { GraphBuilder } from '../../src/model/builder.ts';
import { parameterShapes, type Weights } from '../../src/model/graph.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { describeStart } from '../../src/training/init/describe-start.ts';
import { initialModel } from '../../src/training/init/initial-weights.ts';
import { narrowWeights } from '../../src/training/init/narrow-weights.ts';

/** Two convolutions whose sum a third one reads, with a depthwise one between. */
function network(width: number) {
  const b = new GraphBuilder();
  const left = b.conv('left', b.input, width, 1);
  const right = b.conv('right', b.input, width, 1);
  const both = b.depthwise('passed', b.add('both', [left, right]));
  const head = b.conv('head', both, 2, 1);
  const none = { armLoc: [head], armConf: [], odmLoc: [], odmConf: [] };
  return b.graph(none, 1, 2);
}

/** Numbers that name their indices; channel `weak` is near zero where it is made. */
function numbered(width: number, weak: number): Weights {
  return new Map(
    [...parameterShapes(network(width))].map(([name, shape]) => {
      const data = Float32Array.from(
        { length: shape.reduce((a, b) => a * b) },
        (_, i) => 1 + i / 100,
      );
      if (/^(left|right)\.weight/.test(name)) {
        for (let i = weak; i < data.length; i += width) data[i] = 1e-3;
      }
      return [name, { shape, data }];
    }),
  );
}

describe('narrowWeights', () => {
  it('leaves the weakest channel out of all layers that share it', () => {
    const wide = numbered(4, 1);
    const narrow = narrowWeights(network(3), wide);
    for (const [name, shape] of parameterShapes(network(3))) {
      expect(narrow.get(name)!.shape).toEqual(shape);
    }
    const without = (name: string, isLeftOut: (i: number) => boolean) =>
      wide.get(name)!.data.filter((_, i) => !isLeftOut(i));
    for (const name of ['left.weight', 'left.bias', 'right.bias', 'passed.weight', 'passed.bias']) {
      expect(narrow.get(name)!.data).toEqual(without(name, (i) => i % 4 === 1));
    }
    expect(narrow.get('head.weight')!.data).toEqual(without('head.weight', (i) => i >> 1 === 1));
    expect(narrow.get('head.bias')).toBe(wide.get('head.bias'));
  });

  it('returns what fits, and what is not wide enough, as it is', () => {
    const weights = numbered(4, 1);
    for (const width of [4, 5]) {
      expect([...narrowWeights(network(width), weights)]).toEqual([...weights]);
    }
  });
});

it('starts the nano preset from the nano model, whose backbone it keeps', async () => {
  const config = resolveTrainConfig({ preset: 'refinedet192-nano' });
  expect(config.init).toBe('nano');
  const start = await initialModel(config, VOC_CLASSES, await modelBytes('nano'));
  expect(describeStart('nano', start)).toMatch(/194 of 194 tensors kept$/);
});

it('starts the nano preset from the default model, with all of its tensors', async () => {
  const config = resolveTrainConfig({ preset: 'refinedet192-nano', init: 'default' });
  const frozen = config.freeze.flatMap(({ layers }) => layers);
  const narrow = [14, 15, 16].map((i) => `block${i}`);
  expect(frozen).toContain('block13');
  for (const name of [...narrow, 'last', 'extra0']) expect(frozen).not.toContain(name);
  const start = await initialModel(config, VOC_CLASSES, await modelBytes('default'));
  expect(start.fresh).toEqual([]);
  expect(describeStart('default', start)).toMatch(
    /194 of 194 tensors kept, \d+ with their strongest channels only$/,
  );
});
