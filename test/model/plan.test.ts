import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/model/builder.ts';
import { parameterShapes } from '../../src/model/graph.ts';
import { chainSteps, planSteps } from '../../src/model/plan.ts';
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

  it('leaves alone an addition to a convolution that is activated, read twice, normalised or a head', () => {
    const b = new GraphBuilder();
    const terms = [
      b.conv('activated', b.input, 8, 1, { activation: 'relu' }),
      b.conv('twice', b.input, 8, 1),
      b.conv('normalised', b.input, 8, 1, { batchNorm: true }),
      b.conv('head', b.input, 8, 1),
    ];
    for (const term of terms) b.add(`${term}.sum`, [b.input, term]);
    b.depthwise('reader', 'twice');
    const names = summary(b, { ...NO_HEADS, armLoc: ['head'] as never }).map(
      (line) => line.split(' ')[0],
    );
    expect(names).toEqual([...terms, ...terms.map((term) => `${term}.sum`), 'reader']);
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

  it('computes 3×3 convolutions of large maps by minimal filtering, others as they are', () => {
    const planned = planSteps(presetGraph('refinedet320-vgg16', 4))
      .filter(({ winograd }) => winograd)
      .map(({ name }) => name);
    expect(planned).toContain('conv1_2');
    expect(planned).toContain('conv5_3');
    expect(planned).toContain('tcb3.sum');
    // Of pictures, dilated, on few pixels, with stride 2, 1×1, a deconvolution.
    for (const other of ['conv1_1', 'fc6', 'tcb5.out', 'conv6_2', 'fc7', 'tcb3.up']) {
      expect(planned).not.toContain(other);
    }
    const light = planSteps(presetGraph('refinedet320-mobilenet', 4));
    expect(light.some(({ winograd }) => winograd)).toBe(false);
  });

  it('chains inverted residuals around large maps that nothing else reads', () => {
    const graph = presetGraph('refinedet320-mobilenet', 4);
    const steps = planSteps(graph);
    const chains = chainSteps(steps, graph).filter(({ before }) => before);
    expect(chains.map(({ name }) => name)).toEqual([
      'block0.project',
      'block1.project',
      'block2',
      'block3.project',
      'block4',
      'block5',
    ]);
    const [, , block2] = chains;
    expect(block2.before!.map(({ name }) => name)).toEqual(['block2.expand', 'block2.depthwise']);
    // Its input, twice: to expand and to add.
    expect(block2.inputs).toEqual(['block1.project', 'block1.project']);
    expect(block2.tensors).toHaveLength(6);
    expect(steps.some(({ before }) => before)).toBe(false);
    const vgg = presetGraph('refinedet320-vgg16', 4);
    expect(chainSteps(planSteps(vgg), vgg)).toEqual(planSteps(vgg));
  });

  it('chains no maps that a head or another layer reads', () => {
    const b = new GraphBuilder();
    const wide = b.conv('wide', b.input, 64, 1);
    const narrow = b.depthwise('narrow', wide);
    b.conv('last', narrow, 8, 1);
    const chained = (heads = NO_HEADS) => {
      const graph = b.graph(heads, 3, 2);
      return chainSteps(planSteps(graph), graph).some(({ before }) => before);
    };
    expect(chained()).toBe(true);
    for (const head of [wide, narrow]) {
      expect(chained({ ...NO_HEADS, armLoc: [head] as never })).toBe(false);
    }
    b.conv('other', narrow, 8, 1);
    expect(chained()).toBe(false);
  });
});
