/** One model of the package with one input size, kind of numbers and number of threads, in its own process. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { RefineDet } from '../../src/detector.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { EXAMPLE } from '../example.ts';
import { sampleOnce } from '../harness.ts';
import type { TurnJob } from '../turns.ts';

interface Job extends TurnJob<string> {
  part: 'boxes' | 'network';
  /** Where the contender does not name them. */
  threads?: number;
}

/** Milliseconds of each call. */
export default async function modelTimes(job: Job): Promise<number[]> {
  const { contender, part, roundMs } = job;
  const [, model, side, numbers, threads = job.threads] =
    /^(\w+), (\d+) px, (8 bits|floats)(?:, (\d) threads?)?$/.exec(contender)!;
  const detector = await RefineDet.load(model, {
    inputSize: Number(side),
    compute: numbers === 'floats' ? 'float32' : 'int8',
    threads: Number(threads),
  });
  const run = part === 'network' ? forward(detector) : await detection(detector);
  const [samples] = await sampleOnce([{ name: contender, run }], roundMs);
  return samples;
}

function forward(detector: RefineDet): () => unknown {
  const { inputHeight, inputWidth } = detector.config;
  const input = tf.randomUniform<tf.Rank.R4>([1, inputHeight, inputWidth, 3], -1, 1, 'float32', 1);
  return () => tf.dispose(Object.values(detector.forward(input)));
}

async function detection(detector: RefineDet): Promise<() => unknown> {
  const image = await decodeImage(readFileSync(EXAMPLE));
  return () => detector.detect(image);
}
