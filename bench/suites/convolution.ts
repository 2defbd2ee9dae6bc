/** A dense 3×3 convolution, the main layer of VGG-16 and the transfer connection blocks. */
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { KERNEL_BINDERS } from '../../src/model/bind-kernels.ts';
import { TFJS_BINDERS } from '../../src/model/bind-tfjs.ts';
import { bindStep } from '../../src/model/binders.ts';
import { GraphBuilder } from '../../src/model/builder.ts';
import type { Graph } from '../../src/model/graph.ts';
import { planSteps } from '../../src/model/plan.ts';
import { planInference } from '../../src/model/plan-inference.ts';
import { measure } from '../harness.ts';
import { peakCase } from '../peak.ts';
import type { Group, Suite } from '../suite.ts';

/** Layers at an input of 320 pixels: conv2_2, conv3_3 and conv4_3 of VGG-16, and a transfer connection block. */
const SHAPES = [
  { side: 160, channels: 128 },
  { side: 80, channels: 256 },
  { side: 40, channels: 512 },
  { side: 40, channels: 256 },
];
/** Tolerance relative to the largest output; minimal filtering adds in another order. */
const TOLERANCE = 1e-5;

export const suite: Suite = {
  title: 'Dense 3×3 convolution',
  about:
    'Stride 1, as many filters as channels, one thread. The first case is what networks use: ' +
    'Winograd’s minimal filtering F(4×4, 3×3), with a quarter of the multiplications. The last case is a loop with as many ' +
    'multiplications and additions in registers as the convolution has: the peak of 128-bit SIMD.',
  async run(options) {
    await wasmRuntime(1);
    const peak = await peakCase();
    const groups: Group[] = [];
    for (const { side, channels } of SHAPES) {
      const graph = convolution(channels);
      const weight = tf.randomNormal<tf.Rank.R4>([3, 3, channels, channels], 0, 0.05, 'float32', 1);
      const bias = tf.zeros<tf.Rank.R1>([channels]);
      const input = tf.randomUniform<tf.Rank.R4>([1, side, side, channels], -1, 1, 'float32', 2);
      const tensors = [weight, bias];
      const step = planSteps(graph).at(-1)!;
      const ways = {
        'minimal filtering': bindStep(KERNEL_BINDERS, planInference(graph).at(-1)!, tensors),
        'every multiplication': bindStep(KERNEL_BINDERS, step, tensors),
        'tfjs, XNNPACK': bindStep(TFJS_BINDERS, step, tensors),
      };
      const error = largestError(Object.values(ways).map((way) => way.run([input])));
      const flops = 2 * 9 * channels ** 2 * side ** 2;
      const cases = await measure(
        [
          ...Object.entries(ways).map(([name, way]) => ({
            name,
            run: () => way.run([input]).dispose(),
          })),
          {
            name: 'SIMD peak',
            run: () => {
              for (let done = 0; done < flops; done += peak.flops) peak.run();
            },
          },
        ],
        options,
      );
      groups.push({
        title: `${side}×${side}, ${channels} channels`,
        unit: 'ms',
        cases: cases.map((timing, i) => ({
          ...timing,
          note: `${(flops / timing.median / 1e6).toFixed(0)} GFLOP/s${i === 0 ? `; ${error}` : ''}`,
        })),
      });
      for (const way of Object.values(ways)) way.dispose();
      tf.dispose([weight, bias, input]);
    }
    return groups;
  },
};

/** The layer behind another one, which provides its channels. */
function convolution(channels: number): Graph {
  const builder = new GraphBuilder();
  builder.conv('conv', builder.conv('before', builder.input, channels, 1), channels, 3);
  return builder.graph({ armLoc: [], armConf: [], odmLoc: [], odmConf: [] }, 0, 0);
}

/** Difference of the first output from the others, as text; disposes the tensors. */
function largestError(outputs: tf.Tensor[]): string {
  const [first, ...others] = outputs.map((output) => output.dataSync<'float32'>());
  const largest = first.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const differences = others.map((other) =>
    other.reduce((most, v, i) => Math.max(most, Math.abs(v - first[i])), 0),
  );
  tf.dispose(outputs);
  const error = Math.max(...differences) / largest;
  if (error > TOLERANCE) throw new Error(`outputs differ by ${error} of the largest`);
  return `differs from the others by at most ${error.toExponential(1)} of the largest output`;
}
