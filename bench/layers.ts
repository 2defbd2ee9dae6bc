/**
 * Measures the time of each plan step of a network on the wasm backend:
 *
 *     npx tsx --conditions=refinedet-source bench/layers.ts [PRESET] [THREADS] [ROUNDS]
 *
 * The peak is that of multiplications and additions; of fused ones too where the engine supports them. Shares
 * are of what the kernels use here.
 */
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { knowsFusedProducts } from '../src/kernels/relaxed-simd.ts';
import { KERNEL_BINDERS } from '../src/model/bind-kernels.ts';
import { bindStep } from '../src/model/binders.ts';
import { foldBatchNorm } from '../src/model/fold.ts';
import type { LayerKind, PlanStep } from '../src/model/plan.ts';
import { planInference } from '../src/model/plan-inference.ts';
import { presetByName } from '../src/model/presets.ts';
import { summarize } from '../src/model/summary.ts';
import { presetModel } from '../support/models/preset-model.ts';
import { markdownTable, quantile } from './harness.ts';
import { peakCase } from './peak.ts';

const [preset = 'refinedet320-mobilenet', threads = '1', rounds = '20'] = process.argv.slice(2);

await wasmRuntime(Number(threads));
const model = presetModel(presetByName(preset).name);
const { inputHeight, inputWidth } = model.config;
const { graph, weights } = foldBatchNorm(model.graph, model.weights);
const steps = planInference(graph).map((step) => {
  const tensors = step.tensors.map((name) => {
    const { shape, data } = weights.get(name)!;
    return tf.tensor(data, shape as number[]);
  });
  /** Milliseconds of each round. */
  const times: number[] = [];
  return { step, bound: bindStep(KERNEL_BINDERS, step, tensors), times };
});
const input = tf.randomUniform<tf.Rank.R4>([1, inputHeight, inputWidth, 3], -1, 1, 'float32', 1);
/** The peaks, and the shortest time of each; the last one is what the kernels can reach. */
const peaks = [{ peak: await peakCase(false), best: Number.POSITIVE_INFINITY }];
if (knowsFusedProducts()) {
  peaks.push({ peak: await peakCase(true), best: Number.POSITIVE_INFINITY });
}

for (let round = 0; round < Number(rounds); round++) {
  const maps = new Map<string, tf.Tensor4D>([[graph.layers[0].name, input]]);
  for (const { step, bound, times } of steps) {
    const start = performance.now();
    maps.set(step.name, bound.run(step.inputs.map((map) => maps.get(map)!)));
    times.push(performance.now() - start);
  }
  tf.dispose([...maps.values()].filter((map) => map !== input));
  for (const timed of peaks) {
    const start = performance.now();
    timed.peak.run();
    timed.best = Math.min(timed.best, performance.now() - start);
  }
}

const { layers } = summarize(graph, inputHeight, inputWidth);
const limits = peaks.map(({ peak, best }) => (peak.flops / best) * Number(threads));
const limit = limits.at(-1)!;
const total = steps.reduce((sum, { times }) => sum + quantile(times, 0.25), 0);
const summaryOf = ({ layer }: PlanStep<LayerKind | 'winograd'>) =>
  layers.find((summary) => summary.name === layer.name)!;
const rows = steps.map(({ step, times }) => {
  const parts = step.kind === 'chain' ? step.parts : [step];
  const last = parts.at(-1)!;
  const { layer } = last;
  const { op, shape } = summaryOf(last);
  const macs = parts.reduce((sum, part) => sum + summaryOf(part).macs, 0);
  const ms = quantile(times, 0.25);
  const share = (100 * 2 * macs) / ms / limit;
  const window = 'kernel' in layer ? `${op} ${layer.kernel}/${layer.stride}` : op;
  const names = parts.map((part) => part.name).join(', ');
  const about = [names, window, shape.join('×'), (macs / 1e6).toFixed(1)];
  return [...about, ms.toFixed(2), ((100 * ms) / total).toFixed(1), share.toFixed(0)];
});
console.log(
  markdownTable(['plan step', 'layer', 'output', 'MMAC', 'ms', '% of all', '% of peak'], rows),
);
const named = peaks.map(({ peak }, i) => `${peak.name} ${(limits[i] / 1e6).toFixed(1)} GFLOP/s`);
console.log(`\n${total.toFixed(1)} ms, ${named.join(', ')}`);
process.exit(0);
