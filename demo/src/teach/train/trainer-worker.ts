/** Trains in a worker of the page, which starts one more worker for each core where it may. */
import type { Dataset } from '../../../../src/datasets/dataset-types.ts';
import type { Predictions } from '../../../../src/evaluation/predictions.ts';
import { OpfsFolder } from '../../../../src/training/browser/opfs-folder.ts';
import type { TrainingData } from '../../../../src/training/data/training-set.ts';
import { train } from '../../../../src/training/index.browser.ts';
import { holdOut } from '../../../../src/training/plan/hold-out.ts';
import { MEASURING } from '../../../../src/training/plan/training-plan.ts';
import { smallerFile } from './smaller-file.ts';
import type { RunData, Sample, TrainAnswer, TrainRequest } from './task.ts';

/** Images held out that are shown with their detections. */
const SAMPLES = 6;
const LEAST_SCORE = 0.3;

let running = new AbortController();

self.onmessage = async ({ data: request }: MessageEvent<TrainRequest>) => {
  if (request.kind === 'pause') {
    running.abort();
    return;
  }
  try {
    const data = await trainingData(request.data, request.files);
    if (request.kind === 'measure') await measure(request.data, data);
    else await run(request.data, data, request.resume);
  } catch (error) {
    answer({ kind: 'failed', message: (error as Error).message });
  }
};

function answer(message: TrainAnswer): void {
  self.postMessage(message);
}

async function measure({ init }: RunData, { train: images }: TrainingData): Promise<void> {
  const start = performance.now();
  let first = 0;
  let fastest = 0;
  const call = { data: { train: images }, onNote: () => {} };
  for await (const { imagesPerSecond } of train({ ...MEASURING, init }, call)) {
    first ||= performance.now();
    fastest = Math.max(fastest, imagesPerSecond);
  }
  const startSeconds = (first - start) / 1000;
  answer({ kind: 'measured', speed: { imagesPerSecond: fastest, startSeconds } });
}

async function run(
  { init, options, folder }: RunData,
  data: TrainingData,
  resume: boolean,
): Promise<void> {
  running = new AbortController();
  const { signal } = running;
  const held = data.validation?.images ?? [];
  const steps = train(resume ? {} : { ...options, init }, {
    data,
    resume,
    signal,
    store: new OpfsFolder(folder),
    onNote: (sentence) =>
      answer({ kind: 'note', sentence: sentence.replace(init, 'the default model') }),
    onStart: ({ config, totalSteps }) => {
      const names = held.map(({ fileName }) => fileName);
      answer({ kind: 'started', steps: totalSteps, workers: config.workers, held: names });
    },
    onEvaluation: ({ done, total }) => answer({ kind: 'evaluating', done, total }),
    onPredictions: (found) => answer({ kind: 'samples', samples: samplesOf(found) }),
  });
  for await (const record of steps) answer({ kind: 'step', record });
  answer({ kind: 'ended', isPaused: signal.aborted });
}

function samplesOf({ table, imageIds }: Predictions): Sample[] {
  const samples = imageIds
    .slice(0, SAMPLES)
    .map((name): Sample => ({ name: String(name), found: [] }));
  table.score.forEach((score, row) => {
    const sample = samples[table.image[row]];
    if (!sample || score < LEAST_SCORE) return;
    const [x, y, width, height] = table.box.subarray(4 * row, 4 * row + 4);
    sample.found.push({ classId: table.classId[row], score, box: { x, y, width, height } });
  });
  return samples;
}

async function trainingData({ classes, images }: RunData, files: Blob[]): Promise<TrainingData> {
  const dataset: Dataset = {
    name: 'labels',
    root: '',
    format: 'coco',
    split: 'train',
    classes,
    warnings: [],
    images: [],
  };
  for (const [i, image] of images.entries()) {
    const { file, scale } = await smallerFile(files[i], image);
    const sides = ['x', 'y', 'width', 'height'] as const;
    const boxes = image.boxes.map((truth) => {
      const box = { ...truth.box };
      for (const side of sides) box[side] *= scale;
      return { ...truth, box };
    });
    dataset.images.push({
      id: image.name,
      fileName: image.name,
      path: URL.createObjectURL(file),
      annotationPath: '',
      width: Math.round(scale * image.width),
      height: Math.round(scale * image.height),
      boxes,
    });
  }
  return holdOut(dataset);
}
