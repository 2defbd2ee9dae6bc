/** Promises of the types: this file is compiled in an app that has installed the package. */
import {
  type Detection,
  type ErrorCode,
  type PRESETS,
  type PresetName,
  RefineDet,
  RefineDetError,
} from 'refinedet';
import { cpu } from 'refinedet/cpu';
import type { Dataset, loadDataset } from 'refinedet/datasets';
import { type CocoResult, evaluate, Predictions, type VocResult } from 'refinedet/eval';
import type { exportOnnx } from 'refinedet/export';
import { onnxruntime } from 'refinedet/onnxruntime';
import { createPool, type Detector, type DetectorPool } from 'refinedet/pool';
import { type StepRecord, type TrainOptions, train } from 'refinedet/train';
import { type DecodedFrame, openVideo, type VideoInfo } from 'refinedet/video';
import { webgl } from 'refinedet/webgl';
import { webgpu } from 'refinedet/webgpu';
import { createWorkerDetector, type WorkerDetector } from 'refinedet/worker';
import { serve } from 'refinedet/worker/serve';

/** Compiles only if the two types are equal. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_: Same<A, B>) => {};

export async function detecting(bytes: Uint8Array, pixels: ImageData, signal: AbortSignal) {
  const detector = await RefineDet.load(bytes, { threads: 2, gpu: [webgpu, webgl], signal });
  same<Awaited<ReturnType<typeof detector.detect>>, Detection[]>(true);
  const found = await detector.detect(pixels, {
    scoreThreshold: 0.4,
    classes: ['cat'],
    tiles: true,
  });
  const { label, classId, score, box } = found[0];
  same<[typeof label, typeof classId, typeof score], [string, number, number]>(true);
  same<keyof typeof box, 'x' | 'y' | 'width' | 'height'>(true);
  same<Awaited<ReturnType<typeof detector.detectBatch>>, Detection[][]>(true);
  for await (const { detections } of detector.stream([pixels], { track: true })) {
    // Without `track` there is none.
    same<(typeof detections)[number]['trackId'], number | undefined>(true);
  }
  // @ts-expect-error an option that does not exist
  detector.detect(pixels, { threshold: 0.4 });
  // @ts-expect-error a number is not an image
  detector.detect(7);
  // @ts-expect-error the classes are read-only
  detector.classes.push('dog');
  const video = openVideo('street.mp4', { every: 5, start: 2000 });
  same<Awaited<ReturnType<typeof video.info>>, VideoInfo>(true);
  for await (const frame of video) same<typeof frame, DecodedFrame>(true);
  for await (const { time } of detector.stream(video)) same<typeof time, number>(true);
  // @ts-expect-error an option that does not exist
  openVideo('street.mp4', { speed: 2 });
  detector.dispose();
}

export async function onPlainJavaScript(bytes: Uint8Array) {
  const detector = await RefineDet.load(bytes, { backend: cpu });
  same<typeof detector, RefineDet>(true);
  // @ts-expect-error an unknown backend
  await RefineDet.load(bytes, { backend: 'abacus' });
}

export async function inNativeCode(bytes: Uint8Array) {
  await RefineDet.load(bytes, { backend: onnxruntime });
  const backend = onnxruntime({ executionProviders: ['cuda', 'cpu'], intraOpNumThreads: 2 });
  const detectors: Detector[] = [
    await RefineDet.load(bytes, { backend }),
    await RefineDet.load(bytes, { backend: 'auto', gpu: [backend] }),
    await createPool(bytes, { backend: 'onnxruntime' }),
    await createPool(bytes, { backend }),
  ];
  same<'onnxruntime' extends (typeof detectors)[number]['backend'] ? true : false, true>(true);
  // @ts-expect-error an option that ONNX Runtime does not have
  onnxruntime({ providers: ['cuda'] });
}

export async function inWorker(image: Blob) {
  const detector = await createWorkerDetector('/model.safetensors', {
    worker: () => new Worker('detector-worker.js', { type: 'module' }),
  });
  same<typeof detector, WorkerDetector>(true);
  same<Awaited<ReturnType<typeof detector.detect>>, Detection[]>(true);
  await detector.detect(image);
  // @ts-expect-error only in the thread of the network
  detector.forward();
  serve({ gpu: [webgl] });
}

export async function inPool(images: Blob[]) {
  const pool = await createPool('/model.safetensors', { workers: 'auto', threads: 1 });
  same<typeof pool, DetectorPool>(true);
  const detectors: Detector[] = [pool, await RefineDet.load()];
  for (const detector of detectors) await detector.detectBatch(images);
  // @ts-expect-error workers are counted
  await createPool(undefined, { workers: 'many' });
  await pool.dispose();
}

export function failing(error: unknown): ErrorCode | undefined {
  if (!(error instanceof RefineDetError)) return undefined;
  // @ts-expect-error an unknown code
  if (error.code === 'SOMETHING_WRONG') return undefined;
  return error.code;
}

export async function measuring(dataset: Dataset): Promise<number | null> {
  same<Awaited<ReturnType<typeof loadDataset>>, Dataset>(true);
  const result = evaluate(dataset, new Predictions(dataset.classes), { metric: 'coco' });
  same<typeof result, VocResult | CocoResult>(true);
  // @ts-expect-error an unknown metric
  evaluate(dataset, new Predictions(dataset.classes), { metric: 'map' });
  return result.metric === 'coco' ? result.AP : result.mAP;
}

export async function training(options: TrainOptions): Promise<StepRecord[]> {
  const steps: StepRecord[] = [];
  for await (const step of train({ ...options, epochs: 1 })) steps.push(step);
  // @ts-expect-error epochs are counted
  train({ epochs: 'many' });
  return steps;
}

same<ReturnType<typeof exportOnnx>, Uint8Array>(true);
same<keyof typeof PRESETS, PresetName>(true);
const preset: PresetName = 'refinedet320-mobilenet';
console.log(preset);
