/** Detection in the frames of a file, compared with the same frames in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RefineDet } from '../../src/detector.ts';
import type { RawImage } from '../../src/image/raw-image.ts';
import { ffmpeg, hasFfmpeg } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { EXAMPLE } from '../example.ts';
import { type Samples, summarizeRounds } from '../harness.ts';
import { benchModel, shippedModel } from '../model.ts';
import type { Group, Suite } from '../suite.ts';

const SIZES = [
  [1280, 720],
  [1920, 1080],
] as const;
/** Frames of a clip: all of them must fit into memory. */
const FRAMES = 50;
/** Frames before the first measured one: ffmpeg starts, both threads get warm. */
const WARM_UP = 5;
const CASES = ['frames in memory', 'an H.264 file'];

export const suite: Suite = {
  title: 'Video',
  about:
    'The same frames, once decoded in advance and once by ffmpeg from an H.264 file during detection, in turns; ' +
    'milliseconds per frame after the first five. Two threads detect, so ffmpeg has to share both cores: the faster ' +
    'the network, the larger the part of ffmpeg. As shipped, the model computes in 8 bits.',
  async run({ rounds }) {
    if (!hasFfmpeg) throw new Error('ffmpeg is missing');
    const [floats, shipped] = [await benchModel(), await shippedModel()];
    const models = [
      { title: `${floats.about} in floats`, model: floats.model },
      { title: `${shipped.about} as shipped`, model: shipped.model },
    ];
    const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
    try {
      const groups: Group[] = [];
      for (const [width, height] of SIZES) {
        const file = path.join(folder, `${height}.mp4`);
        makeClip(file, width, height);
        const frames: RawImage[] = [];
        for await (const frame of openVideo(file)) frames.push(frame);
        for (const { title, model } of models) {
          using detector = await RefineDet.load(model, { threads: 2 });
          const samples: Samples[] = CASES.map(() => []);
          for (let round = 0; round < rounds; round++) {
            samples[0].push(await frameTimes(detector, frames));
            samples[1].push(await frameTimes(detector, openVideo(file)));
          }
          const cases = summarizeRounds(CASES, samples);
          groups.push({ title: `${title}, ${width}×${height}, 2 threads`, unit: 'ms', cases });
        }
      }
      return groups;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Mean time of a frame: single ones come in bursts. */
async function frameTimes(
  detector: RefineDet,
  frames: AsyncIterable<RawImage> | Iterable<RawImage>,
): Promise<number[]> {
  let count = 0;
  let start = 0;
  for await (const _ of detector.stream(frames)) {
    if (++count === WARM_UP) start = performance.now();
  }
  return [(performance.now() - start) / (count - WARM_UP)];
}

/** A slow pan over a photo, with the noise of a camera. */
function makeClip(file: string, width: number, height: number): void {
  const pan = `zoompan=z=1.3:x='2*on':y='on':d=${FRAMES}:s=${width}x${height}:fps=25`;
  const filters = `${pan},noise=alls=6:allf=t`;
  const h264 = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '23', '-pix_fmt', 'yuv420p'];
  ffmpeg('-i', EXAMPLE, '-vf', filters, '-frames:v', String(FRAMES), ...h264, file);
}
