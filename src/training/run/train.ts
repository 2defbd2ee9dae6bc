/** Training as an asynchronous sequence of steps. */
import { isTfjsBackend, type TfjsBackend } from '../../backend/tfjs.ts';
import { dataName, isTrainedOn } from '../../datasets/provenance.ts';
import { modelBytes } from '../../detection/load-model.ts';
import { RefineDetError, throwIfAborted } from '../../errors.ts';
import type { Predictions } from '../../evaluation/predictions.ts';
import type { Model } from '../../model/model.ts';
import { checkValue, numberBetween, type Rule, wholeFrom } from '../../option-checks.ts';
import { requireData, resolveTrainConfig } from '../config/resolve-config.ts';
import type { TrainConfig, TrainOptions } from '../config/train-config.ts';
import { inspectData, type TrainingData } from '../data/training-set.ts';
import { describeStart, requireFittingStart } from '../init/describe-start.ts';
import { initialModel } from '../init/initial-weights.ts';
import { teacherModel } from '../init/teacher-model.ts';
import type { Checkpoint } from './checkpoint.ts';
import { RUN_FILES, type RunStore } from './run-store.ts';
import type { StepRecord } from './step-record.ts';
import { Trainer } from './trainer.ts';
import type { TrainingHost } from './training-host.ts';
import { RunKeeper, readCheckpoint, resumedModel } from './training-run.ts';

/** Options of a call of `train` besides the configuration. */
export interface TrainCallOptions {
  /**
   * Ends the run after the current step, or during an evaluation, which `resume` then repeats. The run
   * is saved first.
   */
  signal?: AbortSignal;
  /** Stores configuration, metrics, checkpoints and models. Default: none, nothing is stored. */
  store?: RunStore;
  /**
   * Continue the run in `store` with its own configuration; only `epochs` or `steps`, which also extend a
   * finished run, and `evaluation.patience` can be changed. Default false.
   */
  resume?: boolean;
  /** Training and validation data instead of those in the configuration. */
  data?: TrainingData;
  /**
   * Backend that runs the network instead of the workers, such as `webgpu` of refinedet/webgpu. Not part
   * of the configuration: a run may continue on another backend, with other rounding. Default: wasm.
   */
  gpu?: TfjsBackend;
  /** Start also from weights that leave most of the backbone random. Default false. */
  force?: boolean;
  /** Receives sentences about data and weights. Default `console.warn`. */
  onNote?: (sentence: string) => void;
  /** Runs once, before the first step. */
  onStart?: (run: { config: TrainConfig; data: TrainingData; totalSteps: number }) => void;
  /** Runs after every image of an evaluation. */
  onEvaluation?: (progress: { done: number; total: number }) => void;
  /** Receives what an evaluation has found in the validation images. */
  onPredictions?: (predictions: Predictions) => void;
}

const GPU: Rule = [
  (v) => v === undefined || isTfjsBackend(v),
  'the backend of refinedet/webgpu, refinedet/webgl or refinedet/cpu',
];

/** Implements `train` on a platform; the entry points document it. */
export async function* trainOn(
  host: TrainingHost,
  options: TrainOptions,
  call: TrainCallOptions = {},
): AsyncGenerator<StepRecord, void, void> {
  const { store, signal, gpu, onNote = console.warn } = call;
  checkValue('gpu', gpu, GPU);
  // A missing backend must fail before any file is read or written.
  await gpu?.start();
  const checkpoint = call.resume
    ? extended(await readCheckpoint(requireStore(store)), options)
    : undefined;
  if (!store) onNote('without the option store, nothing of this run is kept');
  const config = await runnableConfig(host, checkpoint?.config ?? options, call, onNote);
  const data = call.data ?? (await host.loadData(config));
  requireValidation(config, data);
  for (const note of inspectData(data, config.batch)) onNote(note);
  const model = checkpoint
    ? resumedModel(checkpoint)
    : await firstModel(config, data.train.classes, call, onNote);
  const teacher = await teacherOf(config, model, call);
  const keeper = new RunKeeper(store, config, model.config, data.train, teacher?.config);
  await (checkpoint ? keeper.resume(checkpoint) : keeper.begin());
  const setup = { config, data, model, teacher, host, gpu, warn: onNote };
  const trainer = await Trainer.create(setup, checkpoint?.trainer);
  let failed = false;
  try {
    call.onStart?.({ config, data, totalSteps: trainer.plan.totalSteps });
    const isDue = () => data.validation !== undefined && keeper.owesEvaluation(trainer);
    // An earlier call may have been interrupted before it evaluated its last step.
    let record = isDue() ? keeper.lastRecord(trainer.step) : undefined;
    const isOver = () => trainer.finished || keeper.isOutOfPatience;
    while (!signal?.aborted && (record || !isOver())) {
      if (!record) {
        record = await trainer.advance();
        await keeper.note(record);
      }
      if (isDue()) record = await evaluated(record, trainer, keeper, call);
      if (record.evaluation || keeper.saveIsDue) await keeper.save(trainer);
      if (isOver()) await keeper.saveModel(RUN_FILES.model, trainer);
      yield record;
      record = undefined;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await end(trainer, keeper, failed);
  }
}

/** Saves the steps of the run, also after a failure. */
async function end(trainer: Trainer, keeper: RunKeeper, failed: boolean): Promise<void> {
  try {
    await keeper.save(trainer);
  } catch (error) {
    if (!failed) throw error;
  } finally {
    await trainer.close();
  }
}

/** Evaluates a step. After an interruption the step counts; the resumed run evaluates it. */
async function evaluated(
  record: StepRecord,
  trainer: Trainer,
  keeper: RunKeeper,
  { signal, onEvaluation: onProgress, onPredictions }: TrainCallOptions,
): Promise<StepRecord> {
  try {
    throwIfAborted(signal);
    const found = await trainer.evaluate({ signal, onProgress, onPredictions });
    const evaluation = keeper.remember(trainer.step, found);
    if (evaluation.best) await keeper.saveModel(RUN_FILES.best, trainer);
    const complete = { ...record, evaluation };
    await keeper.note(complete);
    return complete;
  } catch (error) {
    if (error instanceof RefineDetError && error.code === 'ABORTED') return record;
    throw error;
  }
}

/**
 * A checkpoint with a greater length of its run, which schedules follow, or with other patience.
 * @throws INVALID_OPTION for a shorter run
 */
function extended(checkpoint: Checkpoint, options: TrainOptions): Checkpoint {
  const { epochs, steps, evaluation } = options;
  const { config, trainer } = checkpoint;
  const least = config.steps === null ? config.epochs : 0;
  if (steps) checkValue('steps', steps, wholeFrom(trainer.step));
  else if (epochs) checkValue('epochs', epochs, numberBetween(least, Number.MAX_SAFE_INTEGER));
  const length = steps ? { steps } : epochs && { epochs, steps: null };
  const { patience = config.evaluation.patience } = evaluation ?? {};
  const changed = { ...config, ...length, evaluation: { ...config.evaluation, patience } };
  return { ...checkpoint, config: resolveTrainConfig(changed) };
}

function requireValidation({ evaluation }: TrainConfig, { validation }: TrainingData): void {
  if (evaluation.patience === null || validation) return;
  const message = 'evaluation.patience needs validation data: without it nothing is evaluated';
  throw new RefineDetError('INVALID_OPTION', message);
}

function requireStore(store: RunStore | undefined): RunStore {
  if (store) return store;
  throw new RefineDetError('INVALID_OPTION', 'resume needs the store of the run');
}

async function runnableConfig(
  host: TrainingHost,
  options: TrainOptions,
  { data, gpu }: TrainCallOptions,
  onNote: (sentence: string) => void,
): Promise<TrainConfig> {
  const config = resolveTrainConfig(options);
  if (!data) requireData(config);
  if (gpu) return config;
  const obstacle = config.workers > 1 ? host.workersUnavailable() : undefined;
  if (obstacle === undefined) return config;
  onNote(`training runs on one worker: ${obstacle}`);
  return { ...config, workers: 1 };
}

async function teacherOf(
  { distill }: TrainConfig,
  student: Model,
  { signal }: TrainCallOptions,
): Promise<Model | undefined> {
  if (distill === null) return undefined;
  return teacherModel(distill, await modelBytes(distill, signal), student.config);
}

async function firstModel(
  config: TrainConfig,
  classes: readonly string[],
  { signal, force }: TrainCallOptions,
  onNote: (sentence: string) => void,
): Promise<Model> {
  const { init, preset, validation } = config;
  const bytes = init === null ? undefined : await modelBytes(init, signal);
  const start = await initialModel(config, classes, bytes);
  if (init !== null && !force) requireFittingStart(init, preset, start);
  onNote(describeStart(init, start));
  const { model } = start;
  for (const part of validation.filter((p) => isTrainedOn(model.config.provenance, p))) {
    onNote(`${init} was trained on ${dataName(part)}: its scores there are too good`);
  }
  return model;
}
