/** One runtime's forward pass, in its own process. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { foldBatchNorm } from '../../src/model/fold.ts';
import { disposeHeads, Network } from '../../src/model/network.ts';
import { deriveRandom } from '../../src/random.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { sampleOnce } from '../harness.ts';
import type { ModelFiles } from '../model-files.ts';
import { type OnnxSession, ortNode, ortWeb } from '../onnx-runtimes.ts';
import type { TurnJob } from '../turns.ts';

export const RUNTIMES = ['refinedet', 'onnxruntime-web', 'onnxruntime-node'] as const;

interface Job extends TurnJob<(typeof RUNTIMES)[number]> {
  files: ModelFiles;
  threads: number;
}

/** Milliseconds of each forward pass. */
export default async function forwardTimes(job: Job): Promise<number[]> {
  const { contender, files, threads, roundMs } = job;
  const run = await {
    refinedet: () => prepareOwn(files.native, threads),
    'onnxruntime-web': async () => prepared(await ortWeb(readFileSync(files.onnx), threads)),
    'onnxruntime-node': async () => prepared(await ortNode(readFileSync(files.onnx), threads)),
  }[contender]();
  const [samples] = await sampleOnce([{ name: contender, run }], roundMs);
  return samples;
}

async function prepareOwn(file: string, threads: number): Promise<() => unknown> {
  await wasmRuntime(threads);
  const { config, ...model } = await readModel(readFileSync(file));
  const { graph, weights } = foldBatchNorm(model.graph, model.weights);
  const network = new Network(graph, weights);
  const { inputHeight, inputWidth } = config;
  const input = tf.randomUniform<tf.Rank.R4>([1, inputHeight, inputWidth, 3], -1, 1, 'float32', 1);
  return () => disposeHeads(network.forward(input));
}

function prepared({ run, inputShape }: OnnxSession): () => unknown {
  const length = inputShape.reduce((a, b) => a * b, 1);
  const random = deriveRandom(1);
  const input = Float32Array.from({ length }, () => 2 * random.uniform() - 1);
  return () => run(input);
}
