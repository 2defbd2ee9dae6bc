/** Many images, from the command line. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLE } from '../example.ts';
import { type Samples, summarizeRounds } from '../harness.ts';
import { shippedModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { requireBuild } from '../programs.ts';
import { CLI } from '../server.ts';
import type { Suite } from '../suite.ts';

const IMAGES = 64;

const WAYS = [
  { name: 'one thread', flags: ['--threads', '1'] },
  { name: 'two threads', flags: ['--threads', '2'] },
  { name: 'two workers', flags: ['--workers', '2'] },
];

export const suite: Suite = {
  title: 'A folder of images',
  about:
    'Milliseconds per image of `refinedet detect FOLDER`, including JPEG decoding and the start of the ' +
    'program, divided by the number of images. Workers process several images at a time, threads one.',
  async run({ rounds, roundMs }) {
    requireBuild();
    const count = roundMs < 100 ? 4 : IMAGES;
    const { model, about } = await shippedModel();
    return withModelFiles(model, async ({ native }) => {
      const folder = path.join(path.dirname(native), 'images');
      mkdirSync(folder);
      for (let i = 0; i < count; i++) copyFileSync(EXAMPLE, path.join(folder, `${i}.jpg`));
      const samples: Samples[] = WAYS.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, { flags }] of WAYS.entries()) {
          const start = performance.now();
          const args = [CLI, 'detect', folder, '--model', native, '--quiet', ...flags];
          execFileSync(process.execPath, [...args, '--format', 'jsonl']);
          samples[i].push([(performance.now() - start) / count]);
        }
      }
      const cases = summarizeRounds(
        WAYS.map(({ name }) => name),
        samples,
      ).map((timing) => ({ ...timing, note: `${(1000 / timing.median).toFixed(1)} images/s` }));
      return [{ title: `${count} images, ${about} as shipped`, unit: 'ms', cases }];
    });
  },
};
