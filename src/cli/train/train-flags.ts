/** From the flags of `train` to options of the library. */
import { readFile } from 'node:fs/promises';
import { RefineDetError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { checkObject } from '../../option-checks.ts';
import type { DataPart, TrainOptions } from '../../training/config/train-config.ts';
import { givenClasses } from '../options/class-list.ts';
import type { TrainFlags } from './train-options.ts';

/**
 * The configuration file, overridden by the flags.
 * @throws USAGE, FILE_NOT_FOUND, INVALID_OPTION for a file that is not JSON
 */
export async function trainOptions(flags: TrainFlags): Promise<TrainOptions> {
  const file = flags.config === undefined ? {} : await readConfig(flags.config);
  if (flags.workers === 'auto') delete file['workers']; // the default is one per core
  const { dataFormat: format } = flags;
  const parts = (list: readonly DataPart[] | undefined) =>
    format ? list?.map((part) => ({ ...part, format })) : list;
  return merged(file, {
    preset: flags.preset as TrainOptions['preset'],
    data: parts(flags.data),
    validation: parts(flags.val),
    classes: await givenClasses(flags.classes),
    classMap: flags.map && Object.fromEntries(flags.map),
    init: flags.init,
    distill: flags.distill,
    inputSizes: flags.inputSize,
    epochs: flags.epochs,
    // A number of epochs replaces the steps of a file.
    steps: flags.steps ?? (flags.epochs === undefined ? undefined : null),
    batch: flags.batch,
    seed: flags.seed,
    workers: flags.workers === 'auto' ? undefined : flags.workers,
    sampling: { balance: flags.balance },
    schedule: { learningRate: flags.lr },
    optimizer: flags.optimizer && { kind: flags.optimizer },
    evaluation: {
      every: flags.evalEvery,
      images: flags.evalImages,
      metric: flags.metric,
      patience: flags.patience,
    },
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
    throw new RefineDetError('INVALID_OPTION', `${file} is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  return checkObject(file, config);
}

/** The fields of the file, overridden by the flags that are given; groups field by field. */
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
