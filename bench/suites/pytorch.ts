/** Training steps of the light preset beside those of the same network in PyTorch. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTorch } from '../../support/torch.ts';
import { inChild } from '../child.ts';
import { quantile, type Samples, summarizeRounds } from '../harness.ts';
import type { Group, RunOptions, Suite } from '../suite.ts';
import type { TrainingLoad } from '../training-setup.ts';
import { type TrainingSpeed, WARM_UP } from './training-child.ts';

const CHILD = new URL('training-child.ts', import.meta.url);
const HANDOVER = new URL('pytorch-handover.ts', import.meta.url);
const PROGRAM = fileURLToPath(new URL('../programs/train-torch.py', import.meta.url));

const THREADS = 2;
const LAYOUTS = ['default', 'channels-last'];
const CASES = ['refinedet, two workers', 'PyTorch, default layout', 'PyTorch, channels-last'];

type Load = Pick<TrainingLoad, 'side' | 'batch' | 'backbone'> & { title: string };
const LOADS: readonly Load[] = [
  { title: 'block6 and up, 320 px, batch 8', side: 320, batch: 8, backbone: true },
  { title: 'backbone frozen, 256 px, batch 8', side: 256, batch: 8, backbone: false },
];
const BRIEF: readonly Load[] = [
  { title: 'block6 and up, 64 px, batch 2', side: 64, batch: 2, backbone: true },
];

/** What the program prints. */
export interface TorchReport extends TrainingSpeed {
  version: string;
  /** Differences of its first step from ours, as fractions: heads, parts of the loss, all gradients. */
  heads: number;
  losses: number;
  gradients: number;
}

export const suite: Suite = {
  title: 'Training beside PyTorch',
  about:
    'Milliseconds per image of a training step from the default model on generated images without augmentation: forward and ' +
    'backward pass, loss, clipping, AdamW. PyTorch reads the layer graph and the weights from our files, and its first step must ' +
    'have our heads, losses and gradients. It has the batch and its targets in memory; our step also decodes and resizes ' +
    'images, matches and averages the weights. Two threads each.',
  missing: () => (findTorch() ? undefined : 'python3 with torch and numpy is not installed'),
  async run(options) {
    const brief = options.roundMs < 100;
    const groups: Group[] = [];
    for (const { title, ...load } of brief ? BRIEF : LOADS) {
      const cases = await compare({ ...load, steps: brief ? 1 : 8 }, options);
      groups.push({ title, unit: 'ms', cases });
    }
    return groups;
  },
};

async function compare(
  load: Pick<TrainingLoad, 'side' | 'batch' | 'backbone' | 'steps'>,
  { rounds, roundMs }: RunOptions,
): Promise<Group['cases']> {
  const job = { ...load, workers: THREADS, threads: 1, comparable: true };
  const samples: Samples[] = CASES.map(() => []);
  const cpu: number[][] = CASES.map(() => []);
  const checks: string[] = CASES.map(() => '');
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  try {
    await inChild(HANDOVER, { ...job, folder });
    for (let round = 0; round < rounds; round++) {
      const add = (i: number, { imageMs, cpuMs }: TrainingSpeed) => {
        samples[i].push(imageMs);
        cpu[i].push(cpuMs);
      };
      add(0, await inChild<TrainingSpeed>(CHILD, job));
      for (const [i, layout] of LAYOUTS.entries()) {
        const report = trainInTorch(folder, layout, load.steps, roundMs < 100);
        add(1 + i, report);
        const { version, heads, gradients } = report;
        const [far, steep] = [heads, gradients].map((value) => value.toExponential(0));
        checks[1 + i] = `, torch ${version}, heads differ by ${far}, gradients by ${steep}`;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return summarizeRounds(CASES, samples).map((timing, i) => {
    const speed = `${(1000 / timing.median).toFixed(1)} images/s`;
    return { ...timing, note: `${speed}, CPU ${quantile(cpu[i], 0.5).toFixed(0)} ms${checks[i]}` };
  });
}

/**
 * @param folder with the files of pytorch-handover.ts
 * @param patient lets waiting threads sleep: on a busy machine, spinning ones take minutes
 */
function trainInTorch(
  folder: string,
  layout: string,
  steps: number,
  patient: boolean,
): TorchReport {
  const args = [PROGRAM, folder, layout, THREADS, WARM_UP, steps].map(String);
  const env = { ...process.env, ...(patient && { OMP_WAIT_POLICY: 'passive' }) };
  return JSON.parse(execFileSync(findTorch()!, args, { encoding: 'utf8', env }));
}
