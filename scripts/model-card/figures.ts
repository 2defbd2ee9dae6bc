/** What a model of the package reaches on a dataset. */
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { RefineDet } from '../../src/detector.ts';
import type { Compute } from '../../src/engine/engine.ts';
import { type Analysis, analyze } from '../../src/evaluation/analysis/analyze.ts';
import {
  detectDataset,
  detectInOrder,
  EVALUATION_SCORE_THRESHOLD,
} from '../../src/evaluation/detect-dataset.ts';
import { type CocoResult, evaluate, type VocResult } from '../../src/evaluation/evaluate.ts';
import type { ModelName } from '../../src/packaged-models.ts';

export interface Settings {
  /** Default: the model's. */
  inputSize?: number;
  /** Default: int8 on wasm. */
  compute?: Compute;
  /** Default: on. */
  boxVoting?: boolean;
}

export interface Figures {
  name: ModelName;
  data: string;
  settings: Required<Settings>;
  /** AP at IoU 0.5 by eleven points, and everything that explains it. */
  analysis: Analysis;
  /** AP at IoU 0.5 as the area under the curve. */
  area: VocResult;
  /** AP at IoU 0.50:0.05:0.95. */
  coco: CocoResult;
}

/** Runs a model over a dataset. */
export async function figuresOf(
  name: ModelName,
  dataset: Dataset,
  { inputSize, compute, boxVoting = true }: Settings = {},
): Promise<Figures> {
  const detector = await RefineDet.load(name, { inputSize, compute });
  const options = { scoreThreshold: EVALUATION_SCORE_THRESHOLD, boxVoting };
  const source = detectInOrder(detector, options);
  const { predictions, failures } = await detectDataset(source, detector.classes, dataset);
  if (failures.length > 0) throw failures[0].error;
  const settings = { inputSize: detector.config.inputWidth, compute: detector.compute, boxVoting };
  await detector.dispose();
  return {
    name,
    data: `${dataset.name} ${dataset.split}`,
    settings,
    analysis: analyze(dataset, predictions, { metric: 'voc07' }),
    area: evaluate(dataset, predictions, { metric: 'voc12' }) as VocResult,
    coco: evaluate(dataset, predictions, { metric: 'coco' }) as CocoResult,
  };
}
