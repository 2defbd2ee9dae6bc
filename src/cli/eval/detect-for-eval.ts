/** Runs a model over a dataset with a progress bar, in one or several workers. */
import { readBytes } from '#platform';
import type { Dataset, DatasetImage } from '../../datasets/dataset-types.ts';
import { dataName, isTrainedOn } from '../../datasets/provenance.ts';
import { throwIfAborted } from '../../errors.ts';
import {
  type DetectionSource,
  detectDataset,
  EVALUATION_SCORE_THRESHOLD,
  isImageError,
} from '../../evaluation/detect-dataset.ts';
import { type EvaluateOptions, evaluate } from '../../evaluation/evaluate.ts';
import { Predictions } from '../../evaluation/predictions.ts';
import type { ModelConfig } from '../../model/model.ts';
import { reportError } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { inOrder } from '../runner/in-order.ts';
import { type Runner, startRunner } from '../runner/runner.ts';
import { warn } from '../terminal.ts';
import type { EvalFlags } from './eval-options.ts';
import type { Found } from './found.ts';

/** @throws NO_DEFAULT_MODEL, MODEL_*, UNKNOWN_CLASS, ABORTED */
export async function detectWithModel(
  file: string | undefined,
  dataset: Dataset,
  options: EvaluateOptions,
  flags: EvalFlags,
): Promise<Found> {
  const signal = interruptSignal();
  const model = await loadNamedModel(file, signal);
  const { classes } = model.config;
  evaluate(dataset, new Predictions(classes), options); // classes that do not fit fail before the work
  const data = { path: flags.data.path, split: dataset.split };
  if (isTrainedOn(model.config.provenance, data)) {
    warn(
      `the model's file names ${dataName(data)} as trained on: new images will be harder for it`,
    );
  }
  const workers = Math.min(flags.workers ?? 1, dataset.images.length);
  const threads = flags.threads ?? (workers > 1 ? 1 : 'auto');
  const { threshold: scoreThreshold = EVALUATION_SCORE_THRESHOLD, multiScale, inputSize } = flags;
  const setup = { model, threads, inputSize, detect: { scoreThreshold, multiScale } };
  const runner = await startRunner(setup, workers, warn);
  const progress = new Progress(dataset.images.length, flags);
  const close = () => runner.close();
  signal.addEventListener('abort', close);
  try {
    const found = await detectDataset(runnerSource(runner), classes, dataset, {
      onProgress: () => progress.advance(),
      signal,
    });
    progress.clear();
    for (const { error } of found.failures) reportError(error);
    const images = dataset.images.length;
    const setting = workers > 1 ? counted(workers, 'worker') : `threads: ${threads}`;
    return {
      predictions: found.predictions,
      failed: found.failures.length,
      about: {
        model: modelFacts(file, model.config, scoreThreshold),
        speed: { seconds: found.seconds, images, setting },
      },
    };
  } finally {
    progress.stop();
    await close();
  }
}

function runnerSource(runner: Runner): DetectionSource {
  return async function* (images, signal) {
    const look = async ({ path }: DatasetImage) => {
      throwIfAborted(signal);
      return runner.run({ file: path, bytes: await readBytes(path, signal) }, signal);
    };
    let index = 0;
    // One image more than there are lanes is read ahead.
    for await (const [, outcome] of inOrder(images, runner.lanes + 1, look)) {
      throwIfAborted(signal);
      if ('value' in outcome) yield { index, detections: outcome.value.detections };
      else if (isImageError(outcome.error)) yield { index, detections: [], error: outcome.error };
      else throw outcome.error;
      index++;
    }
  };
}

function modelFacts(
  file: string | undefined,
  { preset, inputWidth, inputHeight, classes, provenance = {} }: ModelConfig,
  scoreThreshold: number,
): [string, string][] {
  return [
    ['Model', file ?? 'the one in the package'],
    [
      'Network',
      `${preset}, input ${inputWidth}×${inputHeight}, ${counted(classes.length, 'class', 'classes')}`,
    ],
    ['Lowest score', String(scoreThreshold)],
    ...Object.entries(provenance).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ];
}
