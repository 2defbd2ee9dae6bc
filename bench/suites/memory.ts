/** Resident memory of a process that detects. */
import { summarizeRounds } from '../harness.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { AS_SHIPPED, PROGRAMS, type ProgramReport, runProgram } from '../programs.ts';
import type { Group, Suite } from '../suite.ts';

const DETECTIONS = 100;

export const suite: Suite = {
  title: 'Memory',
  about:
    'Resident memory of a Node process, including about 50 MB of Node itself. As shipped: ' +
    '`RefineDet.load()` without options. Compared with others: one thread, the same float32 weights; the peers run the ' +
    'network only, without decoding and post-processing.',
  async run({ rounds, roundMs }) {
    const count = roundMs < 100 ? 3 : DETECTIONS;
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const programs = [AS_SHIPPED, ...PROGRAMS] as const;
      const reports = programs.map((): ProgramReport[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, name] of programs.entries()) {
          reports[i].push(runProgram(name, files, count));
        }
      }
      const group = (
        title: string,
        key: keyof ProgramReport,
        names: readonly string[],
        first: number,
      ): Group => {
        const ofNames = reports.slice(first, first + names.length);
        const samples = ofNames.map((rounds) => rounds.map((report) => [report[key] / 1e6]));
        return { title: `${about}, ${title}`, unit: 'MB', cases: summarizeRounds(names, samples) };
      };
      return [
        group(`as shipped, after ${count}`, 'rss', ['refinedet'], 0),
        group('after the first', 'atRest', PROGRAMS, 1),
        group(`after ${count}`, 'rss', PROGRAMS, 1),
        group('at most', 'peak', PROGRAMS, 1),
      ];
    });
  },
};
