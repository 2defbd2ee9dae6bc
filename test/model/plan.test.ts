import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/model/builder.ts';
import { parameterShapes } from '../../src/model/graph.ts';
import { planSteps } from '../../src/model/plan.ts';
import { PRESETS, presetGraph } from '../../src/model/presets.ts';

const NO_HEADS = { armLoc: [], armConf: [], odmLoc: [], odmConf: [] };
const summary = (b: GraphBuilder, heads = NO_HEADS) =>
  planSteps(b.graph(heads, 3, 2)).map(({ name, layer, inputs, activation, tensors }) =>
    [name, layer.name, inputs.join('+'), activation ?? '-', tensors.length].join(' '),
  );

describe('planSteps', () => {
  it('merges an addition into the plain convolution before it, at the place of the addition', () => {
    const b = new GraphBuilder();
    const first = b.conv('first', b.input, 8, 1);
    const second = b.conv('second', b.input, 8, 3);
    b.depthwise('other', first);
    b.add('sum', [first, second], 'relu6');
    expect(summary(b)).toEqual([
      'first first input - 2',
      'other other first - 2',
      'sum second input+first relu6 2',
    ]);
  });

  it('keeps an addition to a convolution that is activated, read twice, normalized or a head', () => {
    const b = new GraphBuilder();
    const terms = [
      b.conv('activated', b.input, 8, 1, { activation: 'relu' }),
      b.conv('twice', b.input, 8, 1),
      b.conv('normalized', b.input, 8, 1, { batchNorm: true }),
      b.conv('head', b.input, 8, 1),
    ];
    for (const term of terms) b.add(`${term}.sum`, [b.input, term]);
    b.depthwise('reader', 'twice');
    const names = summary(b, { ...NO_HEADS, armLoc: ['head'] as never }).map(
      (line) => line.split(' ')[0],
    );
    expect(names).toEqual([...terms, ...terms.map((term) => `${term}.sum`), 'reader']);
  });

  it('refuses a second input', () => {
    const b = new GraphBuilder();
    const graph = b.graph(NO_HEADS, 3, 2);
    graph.layers.push({ op: 'input', name: 'other' });
    expect(() => planSteps(graph)).toThrow('"other" must be the first layer');
  });

  it.each(Object.keys(PRESETS))(
    'carries out every layer of %s once, in a possible order',
    (name) => {
      const graph = presetGraph(name, 4);
      const known = new Set(['input']);
      const tensors: string[] = [];
      for (const step of planSteps(graph)) {
        for (const input of step.inputs) expect(known).toContain(input);
        known.add(step.name);
        tensors.push(...step.tensors);
      }
      for (const head of Object.values(graph.heads).flat()) expect(known).toContain(head);
      expect(tensors.sort()).toEqual([...parameterShapes(graph).keys()].sort());
    },
  );
});
