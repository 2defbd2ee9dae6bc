/** Runs a model over a dataset with a progress bar, in one or several workers. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { dataName, isTrainedOn } from '../../datasets/provenance.ts';
import { type DetectOptions, resolveDetectOptions } from '../../detection/detect-options.ts';
import type { Detector } from '../../detector-contract.ts';
import {
  detectDataset,
  detectInOrder,
  EVALUATION_SCORE_THRESHOLD,
} from '../../evaluation/detect-dataset.ts';
import { type EvaluateOptions, evaluate } from '../../evaluation/evaluate.ts';
import { Predictions } from '../../evaluation/predictions.ts';
import { DEFAULT_MODEL } from '../../packaged-models.ts';
import { startRunner, workersFor } from '../../runner/runner.ts';
import { reportError } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { provenanceFacts } from '../provenance-text.ts';
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
  const workers = workersFor(dataset.images.length, flags.workers);
  const { compute, threads, inputSize, backend, multiScale, boxVoting } = flags;
  const { threshold: scoreThreshold = EVALUATION_SCORE_THRESHOLD } = flags;
  const { detector } = await startRunner(model, {
    workers,
    compute,
    threads,
    inputSize,
    backend,
    warn,
    signal,
  });
  const progress = new Progress(dataset.images.length, flags);
  try {
    const settings = { scoreThreshold, multiScale, boxVoting };
    const source = detectInOrder(detector, settings);
    const found = await detectDataset(source, classes, dataset, {
      onProgress: () => progress.advance(),
      signal,
    });
    progress.clear();
    for (const { error } of found.failures) reportError(error);
    const images = dataset.images.length;
    const setting = workers > 1 ? counted(workers, 'worker') : `threads: ${threads ?? 'auto'}`;
    return {
      predictions: found.predictions,
      failed: found.failures.length,
      about: {
        model: modelFacts(file, detector, settings),
        speed: { seconds: found.seconds, images, setting },
      },
    };
  } finally {
    progress.stop();
    await detector.dispose();
  }
}

/** What produced the detections: the model, and the settings in effect, given or not. */
function modelFacts(
  file: string | undefined,
  { config, backend, compute }: Detector,
  settings: DetectOptions,
): [string, string][] {
  const { preset, inputWidth, inputHeight, classes, provenance = {} } = config;
  const {
    scoreThreshold,
    postprocess,
    merge = postprocess,
  } = resolveDetectOptions(settings, config);
  const onOff = (isOn: boolean | undefined) => (isOn ? 'on' : 'off');
  return [
    ['Model', file ?? DEFAULT_MODEL],
    ['Network', `${preset}, ${counted(classes.length, 'class', 'classes')}`],
    ['Input', `${inputWidth}×${inputHeight}`],
    ['Backend', `${backend}, ${compute}`],
    ['Lowest score', String(scoreThreshold)],
    ['Box voting', onOff(merge.boxVoting)],
    ['Multi-scale testing', onOff(Boolean(settings.multiScale))],
    ...provenanceFacts(provenance),
  ];
}
