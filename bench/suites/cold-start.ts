/** From the start of a process to its first result. */
import { type Samples, summarizeRounds } from '../harness.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { PROGRAMS, runProgram } from '../programs.ts';
import type { Suite } from '../suite.ts';

export const suite: Suite = {
  title: 'Cold start',
  about:
    'From the start of a Node process to the end of its first detection: import, wasm compilation, model, ' +
    'warm-up, JPEG. One thread. The peers load the same weights and run the network only, without decoding ' +
    'and post-processing.',
  async run({ rounds }) {
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const samples: Samples[] = PROGRAMS.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, name] of PROGRAMS.entries()) {
          samples[i].push([runProgram(name, files, 1).firstMs]);
        }
      }
      return [{ title: about, unit: 'ms', cases: summarizeRounds(PROGRAMS, samples) }];
    });
  },
};
