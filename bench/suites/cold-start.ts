/** From the start of a process to its first result. */
import { type Samples, summarizeRounds } from '../harness.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { AS_SHIPPED, PROGRAMS, runProgram } from '../programs.ts';
import type { Suite } from '../suite.ts';

export const suite: Suite = {
  title: 'Cold start',
  about:
    'Time from the start of a Node process to the end of its first detection: import, wasm compilation, model, ' +
    'warm-up, JPEG. As shipped: `RefineDet.load()` without options. Compared with others: one thread, the same float32 ' +
    'weights; the peers run the network only, without decoding and post-processing.',
  async run({ rounds }) {
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const programs = [AS_SHIPPED, ...PROGRAMS] as const;
      const samples: Samples[] = programs.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, name] of programs.entries()) {
          samples[i].push([runProgram(name, files, 1).firstMs]);
        }
      }
      const [shipped, ...compared] = samples;
      return [
        {
          title: `${about}, as shipped`,
          unit: 'ms',
          cases: summarizeRounds(['refinedet'], [shipped]),
        },
        { title: about, unit: 'ms', cases: summarizeRounds(PROGRAMS, compared) },
      ];
    });
  },
};
