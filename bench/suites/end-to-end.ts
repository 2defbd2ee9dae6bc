/** From the bytes of a JPEG to boxes. */
import path from 'node:path';
import sharp from 'sharp';
import { RefineDet } from '../../src/detector.ts';
import { EXAMPLE } from '../example.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import { type Group, type Suite, single } from '../suite.ts';
import { takeTurns } from '../turns.ts';
import { STACKS } from './end-to-end-child.ts';

/** Pixels of the JPEG files: an image of VOC, and a phone photo scaled down for sending. */
const SIZES = [
  [500, 375],
  [1600, 1200],
] as const;
/** Detections whose stages are timed. */
const DETECTIONS = 10;
const CHILD = new URL('end-to-end-child.ts', import.meta.url);

export const suite: Suite = {
  title: 'JPEG to boxes',
  about:
    'The peers are typical self-made pipelines: a JPEG decoder, a resize, ONNX Runtime with the same weights, ' +
    'and post-processing in TypeScript without box voting. One uses JavaScript and WebAssembly only, with onnxruntime-web and the same ' +
    'decoder; the other uses native code, with sharp and onnxruntime-node. Two cases are our pipeline with ' +
    'the network in onnxruntime-node, and the same for pixels that sharp has decoded. All of these compute in floats; ' +
    'the last case is the default model as it is shipped, in 8 bits.',
  async run(options) {
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const groups: Group[] = [];
      const measured: Stages[] = [];
      const folder = path.dirname(files.native);
      for (const [width, height] of SIZES) {
        const image = path.join(folder, `${width}.jpg`);
        await sharp(EXAMPLE).resize(width, height).jpeg({ quality: 90 }).toFile(image);
        for (const threads of [1, 2]) {
          const job = { image, files, threads };
          groups.push({
            title: `${about}, ${width}×${height}, ${threads} thread${threads > 1 ? 's' : ''}`,
            unit: 'ms',
            cases: await takeTurns(CHILD, STACKS, job, options),
          });
        }
        measured.push(await stageTimes(files.native, image));
      }
      const stages = measured.map((times, i) =>
        stageGroup(times, `${about}, ${SIZES[i].join('×')}`),
      );
      return [...groups, ...stages, shareAround(measured[0], about)];
    });
  },
};

type Stages = Record<'decode' | 'resize' | 'network' | 'postprocess', number>;

/** Mean milliseconds of the stages of a detection, on one thread, in floats. */
async function stageTimes(model: string, image: string): Promise<Stages> {
  using detector = await RefineDet.load(model, { threads: 1 });
  const totals = { decode: 0, resize: 0, network: 0, postprocess: 0 };
  await detector.detect(image);
  for (let i = 0; i < DETECTIONS; i++) {
    await detector.detect(image, {
      onTimings(timings) {
        for (const stage of Object.keys(totals) as (keyof Stages)[]) {
          totals[stage] += timings[stage] / DETECTIONS;
        }
      },
    });
  }
  return totals;
}

function stageGroup(times: Stages, title: string): Group {
  const cases = Object.entries(times).map(([name, ms]) => single(name, ms, times.decode));
  return { title: `${title}, stages of 1 thread`, unit: 'ms', cases };
}

/** What resizing and post-processing take of a detection after decoding. */
function shareAround({ resize, network, postprocess }: Stages, about: string): Group {
  const around = resize + postprocess;
  const share = (name: string, ms: number) =>
    single(name, (100 * ms) / (around + network), (100 * around) / (around + network));
  const cases = [share('resize and post-process', around), share('network', network)];
  return { title: `${about}, decoded, 1 thread, share of time`, unit: '%', cases };
}
