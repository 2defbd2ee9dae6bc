import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { KERNEL_BINDERS } from '../../src/model/bind-kernels.ts';
import { TFJS_BINDERS } from '../../src/model/bind-tfjs.ts';
import { type Binders, bindStep } from '../../src/model/binders.ts';
import { GraphBuilder } from '../../src/model/builder.ts';
import { type Graph, parameterShapes } from '../../src/model/graph.ts';
import { type PlanStep, planSteps, type StepKind } from '../../src/model/plan.ts';
import { planInference } from '../../src/model/plan-inference.ts';

interface Sample {
  batch: number;
  /** Height of the image; a 3×3 first filter halves it before the depthwise convolution. */
  height: number;
  width: number;
  kernel: 1 | 3;
  stride: 1 | 2;
  padding: 'same' | 1;
  filters: number;
  hasResidual: boolean;
  seed: number;
}

const samples: fc.Arbitrary<Sample> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 3, max: 40 }),
  width: fc.integer({ min: 3, max: 40 }),
  kernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 2),
  padding: fc.constantFrom('same' as const, 1 as const),
  filters: fc.integer({ min: 1, max: 20 }),
  hasResidual: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1000 }),
});

const NO_HEADS = { armLoc: [], armConf: [], odmLoc: [], odmConf: [] };

/** Channels of the wide map: enough to count as large at the size that plans are made for. */
const WIDE = 52;

function graphOf({ kernel, stride, padding, filters, hasResidual }: Sample): Graph {
  const b = new GraphBuilder();
  const relu6 = { activation: 'relu6', padding: 'same' } as const;
  const wide = b.conv('wide', b.input, WIDE, kernel, { stride: kernel === 3 ? 2 : 1, ...relu6 });
  const narrow = b.depthwise('narrow', wide, { stride, padding, activation: 'relu' });
  const last = b.conv('last', narrow, filters, 1, { padding: 'same' });
  if (hasResidual) {
    const other = b.conv('other', b.input, filters, 3, {
      padding: 'same',
      stride: kernel === 3 ? 2 : 1,
    });
    const shaped = b.conv('shaped', other, filters, 3, { stride, padding });
    b.add('sum', [shaped, last], 'relu');
  }
  return b.graph(NO_HEADS, 3, 2);
}

/** Runs the plan; returns the last map. */
function run<K extends StepKind>(
  steps: readonly PlanStep<K>[],
  binders: Binders<K>,
  graph: Graph,
  { batch, height, width, seed }: Sample,
) {
  return tf.tidy(() => {
    const shape: [number, number, number, number] = [batch, height, width, 3];
    const input = tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', seed);
    const maps = new Map([[graph.layers[0].name, input]]);
    const shapes = parameterShapes(graph);
    for (const step of steps) {
      const tensors = step.tensors.map((name) =>
        tf.randomUniform(
          shapes.get(name) as number[],
          -1,
          1,
          'float32',
          seed + name.length + name.charCodeAt(0),
        ),
      );
      const bound = bindStep(binders, step, tensors);
      maps.set(step.name, bound.run(step.inputs.map((name) => maps.get(name)!)));
      bound.dispose();
    }
    return maps.get(steps.at(-1)!.name)!.dataSync() as Float32Array;
  });
}

beforeAll(() => wasmRuntime(2));

describe('a chain', () => {
  const outputs = (sample: Sample) => {
    const graph = graphOf(sample);
    const chained = planInference(graph);
    const single = chained.flatMap((step) => (step.kind === 'chain' ? step.parts : [step]));
    expect(chained.at(-1)!.kind).toBe('chain');
    return {
      chained: run(chained, KERNEL_BINDERS, graph, sample),
      single: run(single, KERNEL_BINDERS, graph, sample),
      composed: run(planSteps(graph), TFJS_BINDERS, graph, sample),
    };
  };

  it('returns the same bits as its parts alone, and what tfjs returns', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const { chained, single, composed } = outputs(sample);
        expect(chained).toEqual(single);
        const error = chained.reduce((most, v, i) => Math.max(most, Math.abs(v - composed[i])), 0);
        expect(error).toBeLessThan(2e-3);
      }),
      { numRuns: 25 },
    );
  });

  it('returns the same bits over many strips of lines, and where one line fills the cache', () => {
    const rest = { kernel: 1, padding: 'same', filters: 9, hasResidual: true, seed: 3 } as const;
    for (const stride of [1, 2] as const) {
      for (const [batch, height, width] of [
        [2, 90, 61],
        [1, 7, 2600],
      ]) {
        const { chained, single } = outputs({ batch, height, width, stride, ...rest });
        expect(chained).toEqual(single);
      }
    }
  });
});
