/** Resident memory of a process that detects. */
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { PROGRAMS, runProgram } from '../programs.ts';
import { type Group, type Suite, single } from '../suite.ts';

const DETECTIONS = 100;

export const suite: Suite = {
  title: 'Memory',
  about:
    'Resident memory of a Node process, the 50 or so MB of Node itself included. One thread. The peers ' +
    'hold the same weights and run the network only, without decoding and post-processing.',
  async run({ roundMs }) {
    const count = roundMs < 100 ? 3 : DETECTIONS;
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const reports = PROGRAMS.map((name) => runProgram(name, files, count));
      const moments = [
        { title: 'after the first', key: 'atRest' },
        { title: `after ${count}`, key: 'rss' },
        { title: 'at most', key: 'peak' },
      ] as const;
      return moments.map(({ title, key }): Group => {
        const cases = PROGRAMS.map((name, i) =>
          single(name, reports[i][key] / 1e6, reports[0][key] / 1e6),
        );
        return { title: `${about}, ${title}`, unit: 'MB', cases };
      });
    });
  },
};
