/** Samples memory over a long run and reports its growth. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { markdownTable } from '../harness.ts';

/** One sample, in megabytes. */
export interface Sample {
  /** Number of finished rounds. */
  at: number;
  [measure: string]: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory of this process after a garbage collection. */
export function processSample(at: number, wasmBytes: number): Sample {
  collectGarbage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    at,
    resident: rss / 1e6,
    heap: heapUsed / 1e6,
    buffers: arrayBuffers / 1e6,
    wasm: wasmBytes / 1e6,
    tensors: tf.memory().numTensors,
  };
}

/** Whether a sample is due: at the beginning, twenty times in between, and at the end. */
export function isSampleDue(done: number, total: number): boolean {
  return done === 0 || done === total || done % Math.ceil(total / 20) === 0;
}

/** A table, and the growth of each measure over the second half of the run. */
export function report(title: string, unit: string, samples: readonly Sample[]): string {
  const measures = Object.keys(samples[0]).filter((key) => key !== 'at');
  const shown = samples.filter((_, i) => i % 4 === 0 || i === samples.length - 1);
  const rows = shown.map((sample) =>
    [sample.at, ...measures.map((key) => sample[key])].map((value) =>
      value.toFixed(value % 1 && 1),
    ),
  );
  const half = samples[samples.length >> 1];
  const last = samples.at(-1)!;
  const growth = measures.map((key) => `${key} ${signed(last[key] - half[key])}`).join(', ');
  const table = markdownTable([unit, ...measures], rows);
  return `${title}\n\n${table}\n\nChange over the second half: ${growth}.`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(value % 1 ? 1 : 0)}`;
}
