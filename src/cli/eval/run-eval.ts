/** `refinedet eval`: scores detections, from a model or from files, on a dataset. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { chooseClasses, loadDataset } from '../../datasets/load-dataset.ts';
import { RefineDetError } from '../../errors.ts';
import { type Analysis, analyze } from '../../evaluation/analysis/analyze.ts';
import { writeCocoResults } from '../../evaluation/coco-results.ts';
import type { EvaluateOptions, Metric } from '../../evaluation/evaluate.ts';
import type { Predictions } from '../../evaluation/predictions.ts';
import { writeVocResults } from '../../evaluation/voc-results.ts';
import { EXIT_FAILURE } from '../describe-error.ts';
import { givenClasses } from '../options/class-list.ts';
import { withSplit } from '../options/data-part.ts';
import { requireAbsent, writeWhole } from '../output-files.ts';
import { counted, printable } from '../printable.ts';
import { print, warn } from '../terminal.ts';
import { detectWithModel } from './detect-for-eval.ts';
import type { EvalFlags } from './eval-options.ts';
import { evaluationJson, evaluationText } from './eval-text.ts';
import type { Found } from './found.ts';
import { isCocoResults, readPredictions } from './read-predictions.ts';

/**
 * @throws USAGE, INVALID_OPTION, UNKNOWN_CLASS, FILE_NOT_FOUND, DATASET_*, PREDICTIONS_FORMAT,
 * NO_DEFAULT_MODEL, MODEL_*, FILE_WRITE, ABORTED
 */
export async function runEval(model: string | undefined, given: EvalFlags): Promise<void> {
  if (given.metric === 'mot') {
    return (await import('./run-mot-eval.ts')).runMotEval(model, given);
  }
  if (given.tracks !== undefined) throw new RefineDetError('USAGE', '--tracks needs --metric mot');
  if (model !== undefined && given.predictions !== undefined) {
    throw new RefineDetError('USAGE', `give a model or --predictions, not both: ${model}`);
  }
  await scoreDetections({ ...given, metric: given.metric }, (data, flags) =>
    flags.predictions
      ? readPredictions(flags.predictions, data.whole, data.dataset, flags.map)
      : detectWithModel(model, data.dataset, data.options, flags),
  );
}

/** The options of metrics for boxes. */
type ScoreFlags = Omit<EvalFlags, 'metric'> & { metric?: Metric };

/** The data to score on. */
interface EvalData {
  /** The dataset as it is on the disk. */
  whole: Dataset;
  /** The part of it that is evaluated. */
  dataset: Dataset;
  options: EvaluateOptions;
}

/**
 * Scores detections on a dataset and prints the result.
 * @param find returns the detections
 */
export async function scoreDetections(
  given: ScoreFlags,
  find: (data: EvalData, flags: ScoreFlags) => Promise<Found>,
): Promise<void> {
  const flags = { ...given, data: withSplit(given.data, given.split) };
  const { data, dataFormat: format, imageFolder, map, report, savePredictions } = flags;
  const outputs = [report, savePredictions].filter((file) => file !== undefined);
  if (!flags.force) await requireAbsent(outputs);
  const classes = await givenClasses(flags.classes);
  const { path, split } = data;
  const whole = withCategoryIds(await loadDataset(path, { split, format, imageFolder }));
  warnOfData(whole);
  const dataset = limited(chooseClasses(whole, { classes, map }), flags.limit);
  const options: EvaluateOptions = {
    metric: given.metric ?? (dataset.format === 'coco' ? 'coco' : 'voc07'),
    iouThreshold: flags.iou,
  };
  const found = await find({ whole, dataset, options }, flags);
  if (savePredictions) await save(savePredictions, found.predictions, dataset);
  const analysis = analyze(dataset, found.predictions, options);
  if (report) await writeReport(report, analysis, found);
  await print(flags.json ? evaluationJson(analysis, found) : evaluationText(analysis, found));
  if (found.failed > 0) process.exitCode = EXIT_FAILURE;
}

/**
 * Fixes the category ids of COCO results before --classes and --map renumber the classes, so that
 * saved predictions can be read with any choice of classes.
 */
function withCategoryIds(dataset: Dataset): Dataset {
  return { ...dataset, categoryIds: dataset.categoryIds ?? dataset.classes.map((_, i) => i + 1) };
}

function warnOfData({ warnings }: Dataset): void {
  const frames = warnings.filter(
    ({ code }) => code === 'size-mismatch' || code === 'unknown-frame',
  );
  const leftOut = warnings.length - frames.length;
  if (leftOut > 0) {
    const entries = counted(leftOut, 'entry', 'entries');
    warn(`${entries} of the dataset left out; refinedet dataset check names them`);
  }
  if (frames.length === 0) return;
  const images = counted(frames.length, 'image');
  const [{ message }] = frames;
  warn(
    `size mismatch: the boxes of ${images} may be of another frame (${message}); refinedet dataset check names them`,
  );
}

function limited(dataset: Dataset, limit: number | undefined): Dataset {
  return limit === undefined ? dataset : { ...dataset, images: dataset.images.slice(0, limit) };
}

async function save(target: string, predictions: Predictions, dataset: Dataset): Promise<void> {
  if (isCocoResults(target)) await writeCocoResults(target, predictions, dataset);
  else await writeVocResults(target, predictions, dataset);
}

async function writeReport(file: string, analysis: Analysis, found: Found): Promise<void> {
  const { renderReport } = await import('../../evaluation/report/evaluation-report.ts');
  await writeWhole(file, await renderReport(analysis, found.about));
  process.stderr.write(`refinedet: report in ${printable(file)}\n`);
}
