/**
 * A run in one safetensors file. Tensors are flat buffers in the layout of the parameters: `weights`,
 * `averages` and `optimizer.<name>`. Metadata: `format` = "refinedet-checkpoint", `formatVersion` and
 * `state`, the other values as JSON. Random numbers, order and rates follow from configuration and step.
 */
import { RefineDetError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import type { ModelConfig } from '../../model/model.ts';
import { checkObject, checkValue, wholeFrom } from '../../option-checks.ts';
import { toFloat32 } from '../../weights/dtype.ts';
import { parseModelConfig } from '../../weights/model-config.ts';
import { readSafetensors, type TensorWriter, writeSafetensors } from '../../weights/safetensors.ts';
import { resolveTrainConfig } from '../config/resolve-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import type { EvaluationRecord } from './step-record.ts';
import type { TrainerState } from './trainer.ts';

const FORMAT = 'refinedet-checkpoint';
const VERSION = '1';
const OPTIMIZER_PREFIX = 'optimizer.';

/** An evaluation and its step. */
export interface PastEvaluation extends EvaluationRecord {
  step: number;
}

export interface Checkpoint {
  trainer: TrainerState;
  /** Complete configuration of the run. */
  config: TrainConfig;
  /** Configuration of the model that the weights belong to. */
  model: ModelConfig;
  /** Number of training images, whose order the run depends on. */
  images: number;
  history: readonly PastEvaluation[];
}

/** The part that is stored as JSON. */
type State = Pick<TrainerState, 'step' | 'averageUpdates'> & Omit<Checkpoint, 'trainer'>;

export function encodeCheckpoint({ trainer, ...rest }: Checkpoint): Uint8Array {
  const { step, averageUpdates, weights, averages, optimizer } = trainer;
  const state: State = { step, averageUpdates, ...rest };
  const buffers = Object.entries(optimizer).map(
    ([name, data]) => [OPTIMIZER_PREFIX + name, data] as const,
  );
  const tensors = new Map<string, TensorWriter>(
    [['weights', weights] as const, ['averages', averages] as const, ...buffers].map(
      ([name, data]) => [name, floats(data)],
    ),
  );
  const metadata = { format: FORMAT, formatVersion: VERSION, state: JSON.stringify(state) };
  return writeSafetensors(tensors, metadata);
}

function floats(data: Float32Array): TensorWriter {
  return {
    dtype: 'F32',
    shape: [data.length],
    write: (target) => new Float32Array(target.buffer, target.byteOffset, data.length).set(data),
  };
}

const COUNT = wholeFrom(0);

function checkedState(value: unknown): State {
  const state = checkObject('the state', value) as unknown as State;
  for (const name of ['step', 'averageUpdates', 'images'] as const) {
    checkValue(name, state[name], COUNT);
  }
  checkValue('history', state.history, [Array.isArray, 'a list of evaluations']);
  for (const past of state.history) checkValue('step', checkObject('history', past)['step'], COUNT);
  return {
    ...state,
    config: resolveTrainConfig(state.config),
    model: parseModelConfig(state.model),
  };
}

/**
 * Parses a checkpoint.
 * @param name name of the file in messages
 * @throws CHECKPOINT_MISMATCH unless the bytes are a checkpoint of this version
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  try {
    const { metadata, tensors } = readSafetensors(bytes);
    if (metadata.get('format') !== FORMAT || metadata.get('formatVersion') !== VERSION) {
      throw new Error(`it is not a checkpoint of version ${VERSION}`);
    }
    const buffer = (tensor: string) => toFloat32(tensors.get(tensor)!.bytes, 'F32');
    const { step, averageUpdates, ...rest } = checkedState(parseJson(metadata.get('state') ?? ''));
    const optimizer = [...tensors.keys()].filter((tensor) => tensor.startsWith(OPTIMIZER_PREFIX));
    return {
      ...rest,
      trainer: {
        step,
        averageUpdates,
        weights: buffer('weights'),
        averages: buffer('averages'),
        optimizer: Object.fromEntries(
          optimizer.map((tensor) => [tensor.slice(OPTIMIZER_PREFIX.length), buffer(tensor)]),
        ),
      },
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RefineDetError('CHECKPOINT_MISMATCH', `${name} cannot be resumed: ${reason}`, {
      cause,
    });
  }
}
