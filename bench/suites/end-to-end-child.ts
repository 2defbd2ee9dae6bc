/** One pipeline from a JPEG to boxes, in its own process. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { decodeImage } from '#platform';
import { anchorGrid } from '../../src/anchors.ts';
import { RefineDet } from '../../src/detector.ts';
import { onnxruntime } from '../../src/engine/onnxruntime.ts';
import type { HeadMap } from '../../src/heads.ts';
import type { RawImage } from '../../src/image/raw-image.ts';
import { POSTPROCESS_DEFAULTS } from '../../src/kernels/postprocess-options.ts';
import { levelShapes } from '../../src/model/summary.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { ReferencePostprocessor } from '../../support/reference/reference-postprocess.ts';
import { plainNormalize, plainResize } from '../baselines/plain-resize.ts';
import { sampleOnce } from '../harness.ts';
import type { ModelFiles } from '../model-files.ts';
import { type OnnxSession, ortNode, ortWeb } from '../onnx-runtimes.ts';
import type { TurnJob } from '../turns.ts';

export const STACKS = [
  'refinedet',
  'onnxruntime-web and TypeScript',
  'sharp and onnxruntime-node',
  'refinedet, backend onnxruntime',
  'refinedet, backend onnxruntime, decoded by sharp',
  'refinedet, 8 bits',
] as const;

/** Options with the defaults of `detect`. */
const SCORE_THRESHOLD = 0.5;

interface Job extends TurnJob<(typeof STACKS)[number]> {
  /** Path of the JPEG file. */
  image: string;
  files: ModelFiles;
  threads: number;
}

/** Milliseconds of each detection. */
export default async function detectionTimes(job: Job): Promise<number[]> {
  const run = await prepare(job);
  const [samples] = await sampleOnce([{ name: job.contender, run }], job.roundMs);
  return samples;
}

async function prepare({
  contender,
  image: file,
  files,
  threads,
}: Job): Promise<() => Promise<unknown>> {
  const jpeg = readFileSync(file);
  if (contender === 'refinedet') {
    const detector = await RefineDet.load(files.native, { threads });
    return () => detector.detect(jpeg);
  }
  if (contender === 'refinedet, 8 bits') {
    const detector = await RefineDet.load(undefined, { threads, compute: 'int8' });
    return () => detector.detect(jpeg);
  }
  if (
    contender === 'refinedet, backend onnxruntime' ||
    contender === 'refinedet, backend onnxruntime, decoded by sharp'
  ) {
    const detector = await RefineDet.load(files.native, { threads, backend: onnxruntime });
    if (contender === 'refinedet, backend onnxruntime') return () => detector.detect(jpeg);
    sharp.concurrency(threads);
    return async () => detector.detect(await decodedBySharp(jpeg));
  }
  const { config, graph } = await readModel(readFileSync(files.native));
  const { inputWidth: width, inputHeight: height } = config;
  const input = new Float32Array(3 * width * height);
  const anchors = anchorGrid(levelShapes(graph, height, width), height, width, config.anchors);
  const postprocessor = new ReferencePostprocessor(anchors.length / 4, config.classes.length);
  const options = { ...POSTPROCESS_DEFAULTS, ...config.decoding, scoreThreshold: SCORE_THRESHOLD };
  const detect = async ({ run }: OnnxSession) =>
    postprocessor.run((await run(input)) as unknown as HeadMap<Float32Array>, anchors, options);

  const onnx = readFileSync(files.onnx);
  if (contender === 'onnxruntime-web and TypeScript') {
    const session = await ortWeb(onnx, threads);
    return async () => {
      plainResize(await decodeImage(jpeg), [width, height], config, input);
      return detect(session);
    };
  }
  const session = await ortNode(onnx, threads);
  sharp.concurrency(threads);
  return async () => {
    const image = sharp(jpeg).rotate().removeAlpha();
    const resized = image.resize(width, height, { fit: 'fill', kernel: 'linear' });
    plainNormalize(await resized.raw().toBuffer(), config, input);
    return detect(session);
  };
}

async function decodedBySharp(jpeg: Uint8Array): Promise<RawImage> {
  const pixels = sharp(jpeg).rotate().removeAlpha().raw();
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: 3 };
}
