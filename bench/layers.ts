/**
 * Time of a network, layer by layer, on the wasm backend:
 *
 *     npx tsx --conditions=refinedet-source bench/layers.ts [PRESET] [THREADS] [ROUNDS]
 */
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { type BoundStep, bindStep } from '../src/model/bind.ts';
import { bindChain, isChain } from '../src/model/bind-chain.ts';
import { foldBatchNorm } from '../src/model/fold.ts';
import type { Step } from '../src/model/plan.ts';
import { planInference } from '../src/model/plan-inference.ts';
import { presetByName } from '../src/model/presets.ts';
import { summarize } from '../src/model/summary.ts';
import { presetModel } from '../support/models/preset-model.ts';
import { markdownTable, quantile } from './harness.ts';
import { peakCase } from './peak.ts';

const [preset = 'refinedet320-mobilenet', threads = '1', rounds = '20'] = process.argv.slice(2);

interface TimedStep extends Step {
  bound: BoundStep;
  /** Milliseconds of each round. */
  times: number[];
}

await wasmRuntime(Number(threads));
const model = presetModel(presetByName(preset).name);
const { inputHeight, inputWidth } = model.config;
const { graph, weights } = foldBatchNorm(model.graph, model.weights);
const steps: TimedStep[] = planInference(graph).map((step) => {
  const tensors = step.tensors.map((name) => {
    const { shape, data } = weights.get(name)!;
    return tf.tensor(data, shape as number[]);
  });
  const bound = isChain(step) ? bindChain(step, tensors) : bindStep(step, tensors);
  return { ...step, bound, times: [] };
});
const input = tf.randomUniform<tf.Rank.R4>([1, inputHeight, inputWidth, 3], -1, 1, 'float32', 1);
const peak = await peakCase();
let best = Number.POSITIVE_INFINITY;

for (let round = 0; round < Number(rounds); round++) {
  const maps = new Map<string, tf.Tensor4D>([[graph.layers[0].name, input]]);
  for (const { name, inputs, bound, times } of steps) {
    const start = performance.now();
    maps.set(name, bound.run(inputs.map((map) => maps.get(map)!)));
    times.push(performance.now() - start);
  }
  tf.dispose([...maps.values()].filter((map) => map !== input));
  const start = performance.now();
  peak.run();
  best = Math.min(best, performance.now() - start);
}

const { layers } = summarize(graph, inputHeight, inputWidth);
const limit = (peak.flops / best) * Number(threads);
const total = steps.reduce((sum, { times }) => sum + quantile(times, 0.25), 0);
const summaryOf = ({ layer }: Step) => layers.find((summary) => summary.name === layer.name)!;
const rows = steps.map((step) => {
  const { name, layer, before = [], times } = step;
  const { op, shape } = summaryOf(step);
  const macs = [...before, step].reduce((sum, part) => sum + summaryOf(part).macs, 0);
  const ms = quantile(times, 0.25);
  const share = (100 * 2 * macs) / ms / limit;
  const window = 'kernel' in layer ? `${op} ${layer.kernel}/${layer.stride}` : op;
  const chained = [...before.map((part) => part.name), name].join(', ');
  const about = [chained, window, shape.join('×'), (macs / 1e6).toFixed(1)];
  return [...about, ms.toFixed(2), ((100 * ms) / total).toFixed(1), share.toFixed(0)];
});
console.log(
  markdownTable(['step', 'layer', 'output', 'MMAC', 'ms', '% of all', '% of peak'], rows),
);
console.log(`\n${total.toFixed(1)} ms, peak ${(limit / 1e6).toFixed(1)} GFLOP/s`);
process.exit(0);
