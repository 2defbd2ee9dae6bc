/**
 * Training steps of the light preset on generated pictures: one thread, one process with two tfjs
 * threads, two workers. Each case runs in a process of its own, since a backend keeps its threads.
 * CPU time counts all threads and hardly depends on what else the machine does.
 *
 * Run: npx tsx --conditions=refinedet-source bench/training.ts [steps]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { configDefaults } from '../src/training/config/defaults.ts';
import { resolveTrainConfig } from '../src/training/config/resolve.ts';
import { initialModel } from '../src/training/initial-weights.ts';
import { Trainer } from '../src/training/trainer.ts';
import { sourceHost } from '../test/training/node-workers.ts';
import { shapesDataset } from '../test/training/shapes.ts';
import { markdownTable, quantile } from './harness.ts';

interface Case {
  name: string;
  workers: number;
  /** Of tfjs' backend in this thread. */
  threads: number;
  side: number;
  /** Whether block6 and up learn. */
  backbone: boolean;
}

interface Result {
  imagesPerSecond: number;
  cpuMs: number;
  computeShare: number;
}

const WARM_UP = 2;
const STRATEGIES = [
  { name: 'one thread', workers: 1, threads: 1 },
  { name: 'two tfjs threads', workers: 1, threads: 2 },
  { name: 'two workers', workers: 2, threads: 1 },
];
const LOADS = [
  { name: 'backbone frozen, 256 px', side: 256, backbone: false },
  { name: 'backbone frozen, 320 px', side: 320, backbone: false },
  { name: 'block6 and up, 320 px', side: 320, backbone: true },
];

async function run({ workers, threads, side, backbone }: Case, steps: number): Promise<Result> {
  if (threads > 1) await wasmRuntime(threads);
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  const train = await shapesDataset(folder, 16, 384);
  const { freeze } = configDefaults('refinedet320-mobilenet');
  const config = resolveTrainConfig({
    steps: WARM_UP + steps,
    workers,
    inputSizes: [{ from: 0, sizes: [side] }],
    freeze: freeze.map((rule) => ({ ...rule, until: backbone ? 0 : rule.until })),
  });
  const { model } = await initialModel(config, train.classes);
  // Fewer threads than the backend has are what this case is about.
  console.warn = () => {};
  const trainer = await Trainer.create({
    config,
    data: { train },
    model,
    host: sourceHost,
    warn: () => {},
  });
  for (let i = 0; i < WARM_UP; i++) await trainer.advance();
  const before = process.cpuUsage();
  const records = [];
  for (let i = 0; i < steps; i++) records.push(await trainer.advance());
  const { user, system } = process.cpuUsage(before);
  await trainer.close();
  rmSync(folder, { recursive: true });
  const median = (values: number[]) => quantile(values, 0.5);
  return {
    imagesPerSecond: median(records.map((record) => record.imagesPerSecond)),
    cpuMs: (user + system) / 1000 / (steps * config.batch),
    computeShare: median(records.map((record) => record.computeShare)),
  };
}

function inChild(one: Case, steps: number): Result {
  const script = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, script, JSON.stringify(one), String(steps)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Result;
}

const [first, second] = process.argv.slice(2);
if (first?.startsWith('{')) {
  console.log(JSON.stringify(await run(JSON.parse(first) as Case, Number(second))));
  process.exit(0);
}
const steps = Number(first ?? 8);
const rows: string[][] = [];
for (const load of LOADS) {
  let base: Result | undefined;
  for (const strategy of STRATEGIES) {
    const name = `${load.name}: ${strategy.name}`;
    const result = inChild({ ...load, ...strategy, name }, steps);
    base ??= result;
    rows.push([
      name,
      result.imagesPerSecond.toFixed(1),
      `${(result.imagesPerSecond / base.imagesPerSecond).toFixed(2)}×`,
      result.cpuMs.toFixed(0),
      `${((1 - result.computeShare) * 100).toFixed(0)} %`,
    ]);
  }
}
const header = ['case', 'images/s', 'ratio', 'CPU ms an image', 'outside the network'];
console.log(markdownTable(header, rows));
