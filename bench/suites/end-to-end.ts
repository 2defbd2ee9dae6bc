/** From the bytes of a JPEG to boxes. */
import { RefineDet } from '../../src/detector.ts';
import { EXAMPLE } from '../example.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import type { Group, Suite } from '../suite.ts';
import { takeTurns } from '../turns.ts';
import { STACKS } from './end-to-end-child.ts';

const CHILD = new URL('end-to-end-child.ts', import.meta.url);

export const suite: Suite = {
  title: 'JPEG to boxes',
  about:
    'What one would put together instead: a JPEG decoder, a resize, ONNX Runtime with the same weights, ' +
    'and post-processing in TypeScript. All in JavaScript and WebAssembly with onnxruntime-web and the same decoder; ' +
    'in native code with sharp and onnxruntime-node.',
  async run(options) {
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const groups: Group[] = [];
      for (const threads of [1, 2]) {
        const [own, ...peers] = await takeTurns(CHILD, STACKS, { files, threads }, options);
        const cases = [
          threads === 1 ? { ...own, note: await stageShares(files.native) } : own,
          ...peers,
        ];
        groups.push({
          title: `${about}, ${threads} thread${threads > 1 ? 's' : ''}`,
          unit: 'ms',
          cases,
        });
      }
      return groups;
    });
  },
};

/** How the time of a detection is spent, on one thread. */
async function stageShares(file: string): Promise<string> {
  const detector = await RefineDet.load(file, { threads: 1 });
  const totals = { decode: 0, resize: 0, network: 0, postprocess: 0 };
  for (let i = 0; i < 10; i++) {
    await detector.detect(EXAMPLE, {
      onTimings(timings) {
        for (const stage of Object.keys(totals) as (keyof typeof totals)[]) {
          totals[stage] += timings[stage];
        }
      },
    });
  }
  detector.dispose();
  const { resize, network, postprocess } = totals;
  const share = (ms: number) => `${((100 * ms) / (resize + network + postprocess)).toFixed(1)} %`;
  return `without decoding: resize ${share(resize)}, network ${share(network)}, post-process ${share(postprocess)}`;
}
