/** Training steps on generated images, in a separate process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { initialModel } from '../../src/training/init/initial-weights.ts';
import { Trainer } from '../../src/training/run/trainer.ts';
import { sourceHost } from '../../support/node-workers.ts';
import { shapesDataset } from '../../support/scenes/shapes.ts';

export interface TrainingJob {
  workers: number;
  /** Number of threads of tfjs' backend in this thread. */
  threads: number;
  side: number;
  /** Whether block6 and the layers above learn. */
  backbone: boolean;
  steps: number;
}

export interface TrainingSpeed {
  /** Milliseconds per image, by step. */
  imageMs: number[];
  /** CPU time per image over all threads: other work on the machine hardly affects it. */
  cpuMs: number;
}

const WARM_UP = 2;

export default async function trainingSpeed(job: TrainingJob): Promise<TrainingSpeed> {
  const { workers, threads, side, backbone, steps } = job;
  if (threads > 1) await wasmRuntime(threads);
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  const train = await shapesDataset(folder, 16, 384);
  const { freeze } = resolveTrainConfig({ preset: 'refinedet320-mobilenet' });
  const config = resolveTrainConfig({
    steps: WARM_UP + steps,
    workers,
    inputSizes: [{ from: 0, sizes: [side] }],
    freeze: freeze.map((rule) => ({ ...rule, until: backbone ? 0 : rule.until })),
  });
  const { model } = await initialModel(config, train.classes);
  const quiet = () => {};
  // This case needs fewer threads than the backend has.
  console.warn = quiet;
  const data = { train };
  const trainer = await Trainer.create({ config, data, model, host: sourceHost, warn: quiet });
  for (let i = 0; i < WARM_UP; i++) await trainer.advance();
  const before = process.cpuUsage();
  const imageMs: number[] = [];
  for (let i = 0; i < steps; i++) imageMs.push(1000 / (await trainer.advance()).imagesPerSecond);
  const { user, system } = process.cpuUsage(before);
  await trainer.close();
  rmSync(folder, { recursive: true });
  return { imageMs, cpuMs: (user + system) / 1000 / (steps * config.batch) };
}
