/** Training steps on generated images, in a separate process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { Trainer } from '../../src/training/run/trainer.ts';
import { sourceHost } from '../../support/node-workers.ts';
import { startTraining, type TrainingLoad } from '../training-setup.ts';

export interface TrainingJob extends TrainingLoad {
  /** Number of threads of tfjs' backend in this thread. */
  threads: number;
}

export interface TrainingSpeed {
  /** Milliseconds per image, by step. */
  imageMs: number[];
  /** CPU time per image over all threads: other work on the machine hardly affects it. */
  cpuMs: number;
}

export const WARM_UP = 2;

export default async function trainingSpeed(job: TrainingJob): Promise<TrainingSpeed> {
  const { threads, steps } = job;
  if (threads > 1) await wasmRuntime(threads);
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  const start = await startTraining(folder, { ...job, steps: WARM_UP + steps });
  const quiet = () => {};
  // This case needs fewer threads than the backend has.
  console.warn = quiet;
  const trainer = await Trainer.create({ ...start, host: sourceHost, warn: quiet });
  for (let i = 0; i < WARM_UP; i++) await trainer.advance();
  const before = process.cpuUsage();
  const imageMs: number[] = [];
  for (let i = 0; i < steps; i++) imageMs.push(1000 / (await trainer.advance()).imagesPerSecond);
  const { user, system } = process.cpuUsage(before);
  await trainer.close();
  rmSync(folder, { recursive: true });
  return { imageMs, cpuMs: (user + system) / 1000 / (steps * start.config.batch) };
}
