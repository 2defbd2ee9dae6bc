/** From the flags of `train` to options of the library. */
import { readFile } from 'node:fs/promises';
import { RefineDetError } from '../../errors.ts';
import type { Metric } from '../../evaluation/evaluate.ts';
import { parseJson } from '../../json.ts';
import { checkObject } from '../../option-checks.ts';
import type { DataPart, InputPhase, TrainOptions } from '../../training/config/train-config.ts';
import { classList } from '../class-lists.ts';

export interface TrainFlags {
  data?: DataPart[];
  val?: DataPart[];
  classes?: string;
  map?: Record<string, string>;
  balance?: number;
  preset?: string;
  init?: string;
  inputSize?: InputPhase[];
  tcb: boolean;
  armRegression: boolean;
  negativeFiltering: boolean;
  epochs?: number;
  steps?: number;
  batch?: number;
  lr?: number;
  optimizer?: 'adamw' | 'sgd';
  seed?: number;
  workers?: number;
  backend?: 'wasm' | 'webgpu';
  evalEvery?: number;
  evalImages?: number;
  metric?: Metric;
  out: string;
  config?: string;
  resume?: true;
  quiet?: true;
}

/**
 * The configuration file, overridden by the flags.
 * @throws USAGE, FILE_NOT_FOUND, INVALID_OPTION for a file that is no JSON
 */
export async function trainOptions(flags: TrainFlags): Promise<TrainOptions> {
  const file = flags.config === undefined ? {} : await readConfig(flags.config);
  const classes = flags.classes === undefined ? undefined : await classList(flags.classes);
  return merged(file, {
    preset: flags.preset as TrainOptions['preset'],
    data: flags.data,
    validation: flags.val,
    classes,
    classMap: flags.map,
    init: flags.init,
    inputSizes: flags.inputSize,
    epochs: flags.epochs,
    // A number of epochs replaces the steps of a file.
    steps: flags.steps ?? (flags.epochs === undefined ? undefined : null),
    batch: flags.batch,
    seed: flags.seed,
    workers: flags.workers,
    sampling: { balance: flags.balance },
    schedule: { learningRate: flags.lr },
    optimizer: flags.optimizer && { kind: flags.optimizer },
    evaluation: { every: flags.evalEvery, images: flags.evalImages, metric: flags.metric },
    graphOptions: { tcb: flags.tcb ? undefined : false },
    loss: {
      refineAnchors: flags.armRegression ? undefined : false,
      objectnessThreshold: flags.negativeFiltering ? undefined : 0,
    },
  });
}

async function readConfig(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `cannot read ${file}`, { cause });
  }
  let config: unknown;
  try {
    config = parseJson(text);
  } catch (cause) {
    throw new RefineDetError('INVALID_OPTION', `${file} is no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  return checkObject(file, config);
}

/** What flags leave undefined stays as in the file, field by field in groups. */
function merged(file: Record<string, unknown>, flags: TrainOptions): TrainOptions {
  const result: Record<string, unknown> = { ...file };
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    if (!isGroup(value) || name === 'classMap') {
      result[name] = value;
      continue;
    }
    const given = Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));
    if (Object.keys(given).length === 0) continue;
    const own = file[name] === undefined ? {} : checkObject(name, file[name]);
    result[name] = { ...own, ...given };
  }
  return result as TrainOptions;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
