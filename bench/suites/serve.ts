/** The server beside the command line, on the same images. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadServer } from '../../support/http-load.ts';
import { EXAMPLE } from '../example.ts';
import { type Samples, summarizeRounds } from '../harness.ts';
import { shippedModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { CLI, startServer } from '../server.ts';
import type { Suite } from '../suite.ts';

const IMAGES = 200;
const CONNECTIONS = 8;
const WORKERS = ['--workers', '2'];

export const suite: Suite = {
  title: 'A server',
  about:
    'Milliseconds per image of `refinedet serve --workers 2` with 8 connections, and of `refinedet detect --workers 2` ' +
    'on the same JPEG files. The start of both programs and their first images are not counted.',
  async run({ rounds, roundMs }) {
    const count = roundMs < 100 ? 8 : IMAGES;
    const { model, about } = await shippedModel();
    return withModelFiles(model, async ({ native }) => {
      const folder = path.join(path.dirname(native), 'images');
      mkdirSync(folder);
      for (let i = 0; i < count; i++) copyFileSync(EXAMPLE, path.join(folder, `${i}.jpg`));
      const few = path.join(folder, '0.jpg');
      const body = readFileSync(EXAMPLE);
      const server = await startServer(['--model', native, ...WORKERS]);
      const post = (images: number) =>
        loadServer(`${server.url}v1/detect`, body, {
          connections: CONNECTIONS,
          until: (requests) => requests >= images,
        });
      const detect = (inputs: readonly string[]) => {
        const start = performance.now();
        const args = [CLI, 'detect', ...inputs, '--model', native, '--quiet', ...WORKERS];
        execFileSync(process.execPath, [...args, '--format', 'jsonl']);
        return performance.now() - start;
      };
      try {
        await post(CONNECTIONS);
        const samples: Samples[] = [[], []];
        for (let round = 0; round < rounds; round++) {
          const { accepted, seconds } = await post(count);
          samples[0].push([(1000 * seconds) / accepted.length]);
          const start = detect([few, path.join(folder, '1.jpg')]);
          samples[1].push([(detect([folder]) - start) / (count - 2)]);
        }
        const names = ['refinedet serve', 'refinedet detect'];
        const cases = summarizeRounds(names, samples).map((timing) => ({
          ...timing,
          note: `${(1000 / timing.median).toFixed(1)} images/s`,
        }));
        return [{ title: `${count} images, ${about} as shipped`, unit: 'ms', cases }];
      } finally {
        await server.stop();
      }
    });
  },
};
