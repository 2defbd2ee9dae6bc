/** `refinedet eval`: detections, from a model or from files, scored on a dataset. */
import type { Threads } from '../../backend/wasm.ts';
import type { Dataset, DatasetFormat } from '../../datasets/dataset-types.ts';
import { chooseClasses, loadDataset } from '../../datasets/load-dataset.ts';
import type { Size } from '../../detection/views.ts';
import { RefineDetError } from '../../errors.ts';
import { type Analysis, analyze } from '../../evaluation/analysis/analyze.ts';
import { writeCocoResults } from '../../evaluation/coco-results.ts';
import type { EvaluateOptions, Metric } from '../../evaluation/evaluate.ts';
import type { Predictions } from '../../evaluation/predictions.ts';
import type { ReportOptions } from '../../evaluation/report/evaluation-report.ts';
import { writeVocResults } from '../../evaluation/voc-results.ts';
import { classList } from '../class-lists.ts';
import { EXIT_FAILURE } from '../describe-error.ts';
import { requireAbsent, writeWhole } from '../output-files.ts';
import { counted, printable } from '../printable.ts';
import { print, warn } from '../terminal.ts';
import { detectWithModel } from './detect-for-eval.ts';
import { evaluationJson, evaluationText } from './eval-text.ts';
import { isCocoResults, readPredictions } from './read-predictions.ts';

export interface EvalFlags {
  data: string;
  split?: string;
  dataFormat?: DatasetFormat;
  imageFolder?: string;
  classes?: string;
  map?: ReadonlyMap<string, string>;
  metric?: Metric;
  iou?: number;
  limit?: number;
  predictions?: string;
  threshold?: number;
  multiScale?: true;
  inputSize?: Size;
  threads?: Threads;
  workers?: number;
  json?: true;
  report?: string;
  savePredictions?: string;
  force?: true;
  quiet?: true;
}

/** Detections of a dataset and what is known about their making. */
export interface Found {
  predictions: Predictions;
  /** Images that could not be read. */
  failed: number;
  about: Pick<ReportOptions, 'model' | 'speed'>;
}

/**
 * @throws USAGE, INVALID_OPTION, UNKNOWN_CLASS, FILE_NOT_FOUND, DATASET_*, PREDICTIONS_FORMAT,
 * NO_DEFAULT_MODEL, MODEL_*, FILE_WRITE, ABORTED
 */
export async function runEval(model: string | undefined, flags: EvalFlags): Promise<void> {
  if ('tracks' in flags) throw new RefineDetError('USAGE', '--tracks needs --metric mot');
  if (model !== undefined && flags.predictions !== undefined) {
    throw new RefineDetError('USAGE', `give a model or --predictions, not both: ${model}`);
  }
  const { split, dataFormat: format, imageFolder, map, report, savePredictions } = flags;
  const outputs = [report, savePredictions].filter((file) => file !== undefined);
  if (!flags.force) await requireAbsent(outputs);
  const classes = flags.classes === undefined ? undefined : await classList(flags.classes);
  const whole = withCategoryIds(await loadDataset(flags.data, { split, format, imageFolder }));
  if (whole.warnings.length > 0) {
    const entries = counted(whole.warnings.length, 'entry', 'entries');
    warn(`${entries} of the dataset left out; refinedet dataset check names them`);
  }
  const dataset = limited(chooseClasses(whole, { classes, map }), flags.limit);
  const options: EvaluateOptions = {
    metric: flags.metric ?? (dataset.format === 'coco' ? 'coco' : 'voc07'),
    iouThreshold: flags.iou,
  };
  const found = flags.predictions
    ? await readPredictions(flags.predictions, whole, dataset, map)
    : await detectWithModel(model, dataset, options, flags);
  if (savePredictions) await save(savePredictions, found.predictions, dataset);
  const analysis = analyze(dataset, found.predictions, options);
  if (report) await writeReport(report, analysis, found);
  await print(flags.json ? evaluationJson(analysis, found) : evaluationText(analysis, found));
  if (found.failed > 0) process.exitCode = EXIT_FAILURE;
}

/**
 * Fixes the ids by which COCO results name classes before --classes and --map renumber them, so that
 * saved predictions are read back whatever was chosen.
 */
function withCategoryIds(dataset: Dataset): Dataset {
  return { ...dataset, categoryIds: dataset.categoryIds ?? dataset.classes.map((_, i) => i + 1) };
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
