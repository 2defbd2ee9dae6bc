/** Keeps the files of a run: metrics, checkpoints, the best model. */

import type { Dataset } from '../../datasets/dataset-types.ts';
import { dataName, fileName, trainingData } from '../../datasets/provenance.ts';
import { RefineDetError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { withoutBatchNorm } from '../../model/fold.ts';
import type { Model, ModelConfig } from '../../model/model.ts';
import { presetGraph } from '../../model/presets.ts';
import { checkObject, checkValue, wholeFrom } from '../../option-checks.ts';
import { writeModel } from '../../weights/model-file.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { layOutParameters, readWeights } from '../memory/parameter-layout.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type PastEvaluation,
} from './checkpoint.ts';
import { RUN_FILES, type RunStore } from './run-store.ts';
import type { EvaluationRecord, StepRecord } from './step-record.ts';
import type { Trainer } from './trainer.ts';

export class RunKeeper {
  readonly #store: RunStore | undefined;
  readonly #config: TrainConfig;
  readonly #model: ModelConfig;
  readonly #data: Dataset;
  readonly #teacher: ModelConfig | undefined;
  #history: PastEvaluation[] = [];
  #last: StepRecord | undefined;
  #lastSave = performance.now();
  /** Progress in the last checkpoint. */
  #saved = { step: 0, evaluations: 0 };

  /**
   * @param store storage; undefined keeps nothing
   * @param data training data
   * @param teacher description of the model that the run learns from besides its data
   */
  constructor(
    store: RunStore | undefined,
    config: TrainConfig,
    model: ModelConfig,
    data: Dataset,
    teacher?: ModelConfig,
  ) {
    this.#store = store;
    this.#config = config;
    this.#model = model;
    this.#data = data;
    this.#teacher = teacher;
  }

  /**
   * Begins a new run.
   * @throws FILE_WRITE when the store is not writable, or has another run
   */
  async begin(): Promise<void> {
    const store = this.#store;
    if (!store) return;
    if (await store.read(RUN_FILES.checkpoint)) {
      const name = store.describe(RUN_FILES.checkpoint);
      throw new RefineDetError(
        'FILE_WRITE',
        `${name} is the checkpoint of another run; resume it or choose another folder`,
      );
    }
    await store.write(RUN_FILES.config, configText(this.#config));
    await store.write(RUN_FILES.metrics, '');
  }

  /**
   * Continues a run: drops the metrics of steps after its checkpoint.
   * @throws CHECKPOINT_MISMATCH when the data differ from those of the checkpoint
   */
  async resume({ trainer, images, model, history }: Checkpoint): Promise<void> {
    const { classes, images: found } = this.#data;
    if (images !== found.length || model.classes.join() !== classes.join()) {
      throw new RefineDetError(
        'CHECKPOINT_MISMATCH',
        `the run was trained on ${images} images of ${model.classes.join(', ')}, but the data have ${found.length} of ${classes.join(', ')}`,
      );
    }
    this.#history = [...history];
    this.#saved = { step: trainer.step, evaluations: history.length };
    const lines = await readMetrics(this.#store!);
    const kept = lines.filter(({ step }) => step <= trainer.step);
    this.#last = kept.at(-1);
    await this.#store!.write(RUN_FILES.config, configText(this.#config));
    await this.#store!.write(RUN_FILES.metrics, metricsText(kept));
  }

  /** Returns whether the last step still needs its evaluation. */
  owesEvaluation({ step, plan }: Trainer): boolean {
    return plan.evaluatesAfter(step) && this.#history.at(-1)?.step !== step;
  }

  /** Returns the record of a step if it is the latest record. */
  lastRecord(step: number): StepRecord | undefined {
    return this.#last?.step === step ? this.#last : undefined;
  }

  /** Whether as many evaluations as the configuration allows have passed without a better one. */
  get isOutOfPatience(): boolean {
    const { patience } = this.#config.evaluation;
    const best = this.#history.findLastIndex((past) => past.best);
    return patience !== null && this.#history.length - 1 - best >= patience;
  }

  /** Whether the last checkpoint is older than the configuration allows. */
  get saveIsDue(): boolean {
    return performance.now() - this.#lastSave > 60_000 * this.#config.checkpointMinutes;
  }

  /** Adds a line to the metrics, or replaces the last line of the same step. */
  async note(record: StepRecord): Promise<void> {
    const store = this.#store;
    const isKnown = this.#last?.step === record.step;
    this.#last = record;
    if (!isKnown) return store?.append(RUN_FILES.metrics, metricsText([record]));
    if (!store) return;
    const others = (await readMetrics(store)).filter(({ step }) => step < record.step);
    await store.write(RUN_FILES.metrics, metricsText([...others, record]));
  }

  /** Adds an evaluation to the history and marks it when it is the best so far. */
  remember(step: number, evaluation: Omit<EvaluationRecord, 'best'>): EvaluationRecord {
    const scoreOf = ({ score }: { score: number | null }) => score ?? -1;
    const best = this.#history.every((past) => scoreOf(evaluation) > scoreOf(past));
    this.#history.push({ step, ...evaluation, best });
    return { ...evaluation, best };
  }

  /** Writes a checkpoint, unless nothing has changed since the last one. */
  async save(trainer: Trainer): Promise<void> {
    const state = { step: trainer.step, evaluations: this.#history.length };
    if (state.step === this.#saved.step && state.evaluations === this.#saved.evaluations) return;
    const checkpoint: Checkpoint = {
      trainer: trainer.exportState(),
      config: this.#config,
      model: this.#model,
      images: this.#data.images.length,
      history: this.#history,
    };
    await this.#store?.write(RUN_FILES.checkpoint, encodeCheckpoint(checkpoint));
    this.#lastSave = performance.now();
    this.#saved = state;
  }

  /** Writes the averaged weights as a model file. */
  async saveModel(file: string, trainer: Trainer): Promise<void> {
    if (!this.#store) return;
    const model = trainer.averagedModel();
    const provenance = this.#provenance(trainer);
    const described = { ...model, config: { ...model.config, provenance } };
    await this.#store.write(file, await writeModel(described));
  }

  #provenance(trainer: Trainer): Record<string, unknown> {
    const { data, init, distill, inputSizes, loss, seed, evaluation } = this.#config;
    const { boxLoss, overlapTargets } = loss;
    const sides = new Set(inputSizes.flatMap(({ sizes }) => sizes));
    const last = this.#history.findLast(({ step }) => step === trainer.step);
    return {
      madeBy: 'refinedet train',
      data: data.map(dataName),
      ...(init !== null && { init: fileName(init) }),
      ...(distill !== null && {
        teacher: { file: fileName(distill), data: trainingData(this.#teacher?.provenance) },
      }),
      steps: trainer.step,
      epochs: trainer.plan.epochsAfter(trainer.step),
      seed,
      inputSizes: [...sides].sort((a, b) => a - b),
      loss: { boxLoss, overlapTargets },
      ...this.#model.provenance,
      ...(last && { metric: evaluation.metric, score: last.score, validationImages: last.images }),
    };
  }
}

/**
 * Reads the checkpoint of a run.
 * @throws CHECKPOINT_MISMATCH, FILE_NOT_FOUND when there is none
 */
export async function readCheckpoint(store: RunStore): Promise<Checkpoint> {
  const name = store.describe(RUN_FILES.checkpoint);
  const bytes = await store.read(RUN_FILES.checkpoint);
  if (bytes) return decodeCheckpoint(bytes, name);
  throw new RefineDetError('FILE_NOT_FOUND', `cannot resume a run: ${name} is missing`);
}

/**
 * Restores the model of a checkpoint, without the initial weight file of the run.
 * @throws CHECKPOINT_MISMATCH when the weights do not fit the network
 */
export function resumedModel({ trainer: { weights }, model: config }: Checkpoint): Model {
  const { preset, classes, graphOptions } = config;
  const graph = withoutBatchNorm(presetGraph(preset, classes.length, graphOptions));
  const layout = layOutParameters(graph);
  if (weights.length === layout.length)
    return { config, graph, weights: readWeights(weights, layout) };
  throw new RefineDetError(
    'CHECKPOINT_MISMATCH',
    `the checkpoint has ${weights.length} weights, but ${preset} has ${layout.length}`,
  );
}

/**
 * Reads the lines of metrics.jsonl, without a last line that a crash has cut off.
 * @throws CHECKPOINT_MISMATCH for a line that is not a record
 */
export async function readMetrics(store: RunStore): Promise<StepRecord[]> {
  const bytes = await store.read(RUN_FILES.metrics);
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      const record = checkObject('the record', parseJson(line));
      checkValue('its step', record['step'], wholeFrom(0));
      return record as unknown as StepRecord;
    } catch (cause) {
      const place = `${store.describe(RUN_FILES.metrics)}:${index + 1}`;
      const { message } = cause as Error;
      throw new RefineDetError('CHECKPOINT_MISMATCH', `${place}: ${message}`, { cause });
    }
  });
}

function configText(config: TrainConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function metricsText(records: readonly StepRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
