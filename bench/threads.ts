/**
 * Network forward on one and on several threads. The thread count is fixed per process, so each
 * measurement is a child process; the two take turns, so that a drift of the machine meets both.
 *
 * npx tsx --conditions=refinedet-source bench/threads.ts [PRESET] [THREADS] [ROUNDS]
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { foldBatchNorm } from '../src/model/fold.ts';
import { presetByName, presetGraph } from '../src/model/presets.ts';
import { disposeHeads, Network } from '../src/model/run.ts';
import { randomWeights } from '../test/helpers/weights.ts';

const [preset = 'refinedet320-vgg16', threads = '2', rounds = '3', child] = process.argv.slice(2);
if (child) console.log(await forwardMilliseconds(preset, Number(threads)));
else compare();

/** Median milliseconds of a forward pass. */
async function forwardMilliseconds(name: string, threadCount: number): Promise<number> {
  await wasmRuntime(threadCount);
  const original = presetGraph(name, 20);
  const { graph, weights } = foldBatchNorm(original, randomWeights(original, 1));
  const network = new Network(graph, weights);
  const { inputSize } = presetByName(name);
  const input = tf.randomUniform<tf.Rank.R4>([1, inputSize, inputSize, 3], -1, 1);
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    disposeHeads(network.forward(input));
    times.push(performance.now() - start);
  }
  return median(times.slice(2));
}

function compare(): void {
  const counts = ['1', threads];
  const times: number[][] = [[], []];
  for (let round = 0; round < Number(rounds); round++) {
    counts.forEach((count, i) => {
      const script = fileURLToPath(import.meta.url);
      const args = [...process.execArgv, script, preset, count, '0', 'child'];
      times[i].push(Number(execFileSync(process.execPath, args, { encoding: 'utf8' })));
    });
  }
  const ratios = times[0].map((one, i) => one / times[1][i]);
  console.log(`| ${preset} | 1 thread | ${threads} threads | speed-up |\n|---|---|---|---|`);
  const cells = times.map((values) => `${median(values).toFixed(0)} ms`);
  console.log(`| forward, median | ${cells.join(' | ')} | ${median(ratios).toFixed(2)}× |`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
