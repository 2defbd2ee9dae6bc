/** Training the light preset. */
import { inChild } from '../child.ts';
import { quantile, type Samples, summarizeRounds } from '../harness.ts';
import type { Group, RunOptions, Suite } from '../suite.ts';
import type { TrainingJob, TrainingSpeed } from './training-child.ts';

const CHILD = new URL('training-child.ts', import.meta.url);

const STRATEGIES = [
  { name: 'one thread', workers: 1, threads: 1 },
  { name: 'two tfjs threads', workers: 1, threads: 2 },
  { name: 'two workers', workers: 2, threads: 1 },
];
const LOADS = [
  { title: 'backbone frozen, 256 px', side: 256, backbone: false },
  { title: 'backbone frozen, 320 px', side: 320, backbone: false },
  { title: 'block6 and up, 320 px', side: 320, backbone: true },
];

export const suite: Suite = {
  title: 'Training',
  about:
    'Milliseconds per image of a training step on generated images: augmentation, forward and backward pass, loss, ' +
    'optimizer. CPU time is the sum over all threads.',
  async run(options) {
    const steps = options.roundMs < 100 ? 1 : 8;
    const groups: Group[] = [];
    for (const { title, ...load } of options.roundMs < 100 ? LOADS.slice(0, 1) : LOADS) {
      groups.push({ title, unit: 'ms', cases: await compare({ ...load, steps }, options) });
    }
    return groups;
  },
};

async function compare(
  load: Pick<TrainingJob, 'side' | 'backbone' | 'steps'>,
  { rounds }: RunOptions,
): Promise<Group['cases']> {
  const samples: Samples[] = STRATEGIES.map(() => []);
  const cpu: number[][] = STRATEGIES.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name: _, ...strategy }] of STRATEGIES.entries()) {
      const job: TrainingJob = { ...load, ...strategy };
      const { imageMs, cpuMs } = await inChild<TrainingSpeed>(CHILD, job);
      samples[i].push(imageMs);
      cpu[i].push(cpuMs);
    }
  }
  const names = STRATEGIES.map(({ name }) => name);
  return summarizeRounds(names, samples).map((timing, i) => {
    const speed = `${(1000 / timing.median).toFixed(1)} images/s`;
    return { ...timing, note: `${speed}, CPU ${quantile(cpu[i], 0.5).toFixed(0)} ms` };
  });
}
