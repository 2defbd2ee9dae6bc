import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/model/builder.ts';
import { planSteps } from '../../src/model/plan.ts';
import { planInference } from '../../src/model/plan-inference.ts';
import { presetGraph } from '../../src/model/presets.ts';

const NO_HEADS = { armLoc: [], armConf: [], odmLoc: [], odmConf: [] };

describe('planInference', () => {
  it('computes 3×3 convolutions of large maps by minimal filtering, others as they are', () => {
    const planned = planInference(presetGraph('refinedet320-vgg16', 4))
      .filter(({ kind }) => kind === 'winograd')
      .map(({ name }) => name);
    expect(planned).toContain('conv1_2');
    expect(planned).toContain('conv5_3');
    expect(planned).toContain('tcb3.sum');
    // Three channels, dilation, few pixels, stride 2, 1×1, deconvolution.
    for (const other of ['conv1_1', 'fc6', 'tcb5.out', 'conv6_2', 'fc7', 'tcb3.up']) {
      expect(planned).not.toContain(other);
    }
    const light = planInference(presetGraph('refinedet320-mobilenet', 4));
    expect(light.some(({ kind }) => kind === 'winograd')).toBe(false);
  });

  it('chains inverted residuals around large maps that nothing else reads', () => {
    const graph = presetGraph('refinedet320-mobilenet', 4);
    const chains = planInference(graph).filter((step) => step.kind === 'chain');
    expect(chains.map(({ name }) => name)).toEqual([
      'block0.project',
      'block1.project',
      'block2',
      'block3.project',
      'block4',
      'block5',
    ]);
    const [, , block2] = chains;
    expect(block2.parts.map(({ name }) => name)).toEqual([
      'block2.expand',
      'block2.depthwise',
      'block2',
    ]);
    // Reads its input twice: to expand and to add.
    expect(block2.inputs).toEqual(['block1.project', 'block1.project']);
    expect(block2.tensors).toHaveLength(6);
    const vgg = presetGraph('refinedet320-vgg16', 4);
    expect(planInference(vgg).map(({ name }) => name)).toEqual(
      planSteps(vgg).map(({ name }) => name),
    );
    expect(planInference(vgg).some(({ kind }) => kind === 'chain')).toBe(false);
  });

  it('does not chain maps that a head or another layer reads', () => {
    const b = new GraphBuilder();
    const wide = b.conv('wide', b.input, 64, 1);
    const narrow = b.depthwise('narrow', wide);
    b.conv('last', narrow, 8, 1);
    const chained = (heads = NO_HEADS) => {
      const graph = b.graph(heads, 3, 2);
      return planInference(graph).some(({ kind }) => kind === 'chain');
    };
    expect(chained()).toBe(true);
    for (const head of [wide, narrow]) {
      expect(chained({ ...NO_HEADS, armLoc: [head] as never })).toBe(false);
    }
    b.conv('other', narrow, 8, 1);
    expect(chained()).toBe(false);
  });
});
