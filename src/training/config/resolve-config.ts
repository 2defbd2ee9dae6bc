/** From what a user gives to a complete, checked configuration. */
import { availableThreads } from '#platform';
import { RefineDetError } from '../../errors.ts';
import { METRICS } from '../../evaluation/evaluate.ts';
import { checkGraphOptions } from '../../model/graph-options.ts';
import { inputSide } from '../../model/input-size.ts';
import {
  checkFields,
  checkNames,
  checkObject,
  checkValue,
  FRACTION,
  listOf,
  NOT_NEGATIVE,
  oneOf,
  orNull,
  POSITIVE,
  type Rule,
  TEXT,
  wholeFrom,
} from '../../option-checks.ts';
import {
  type PartialAugmentation,
  resolveAugmentation,
} from '../augmentation/augmentation-options.ts';
import { LOSS_DEFAULTS, resolveLossOptions } from '../loss/loss-options.ts';
import { resolveSchedule, SCHEDULE_DEFAULTS } from '../run/schedule.ts';
import { configDefaults, OPTIMIZER_DEFAULTS } from './config-defaults.ts';
import type {
  DataPart,
  EvaluationConfig,
  InputPhase,
  OptimizerConfig,
  SamplingOptions,
  TrainConfig,
  TrainOptions,
} from './train-config.ts';

const DEFAULT_PRESET = 'refinedet320-mobilenet';
const MAX_WORKERS = 64;
const MAX_SIDE = 2048;

const SIDE = inputSide(MAX_SIDE);

const RULES = {
  preset: TEXT,
  classes: orNull(listOf(TEXT)),
  init: orNull(TEXT),
  initialization: oneOf(['he', 'xavier']),
  epochs: POSITIVE,
  steps: orNull(wholeFrom(1)),
  batch: wholeFrom(1),
  accumulate: wholeFrom(1),
  averageDecay: [(v) => FRACTION[0](v) && v !== 1, 'a number from 0 to below 1'],
  difficult: oneOf(['use', 'ignore']),
  seed: wholeFrom(0),
  workers: [(v) => wholeFrom(1)[0](v) && (v as number) <= MAX_WORKERS, `from 1 to ${MAX_WORKERS}`],
  checkpointMinutes: POSITIVE,
} satisfies Partial<Record<keyof TrainConfig, Rule>>;

const GROUPS: readonly (keyof TrainConfig)[] = [
  'graphOptions',
  'classMap',
  'data',
  'validation',
  'inputSizes',
  'optimizer',
  'schedule',
  'freeze',
  'augmentation',
  'sampling',
  'loss',
  'evaluation',
];

/**
 * Fills in defaults and checks every value.
 * @param options from a caller or from JSON
 * @throws INVALID_OPTION naming the option and the value, UNKNOWN_PRESET
 */
export function resolveTrainConfig(options: TrainOptions): TrainConfig {
  const given = defined(checkObject('the configuration', options)) as TrainOptions;
  checkNames('', given, [...Object.keys(RULES), ...GROUPS]);
  const defaults = configDefaults(given.preset ?? DEFAULT_PRESET);
  const batch = given.batch ?? defaults.batch;
  checkValue('batch', batch, RULES.batch);
  const config: TrainConfig = {
    ...defaults,
    workers: Math.min(availableThreads(), batch, MAX_WORKERS),
    ...given,
    data: dataParts('data', given.data ?? []),
    validation: dataParts('validation', given.validation ?? []),
    classMap: stringMap('classMap', given.classMap ?? {}),
    graphOptions: checkGraphOptions({ ...defaults.graphOptions, ...part('graphOptions', given) }),
    inputSizes: inputSizes(given.inputSizes ?? defaults.inputSizes),
    optimizer: optimizer(part('optimizer', given), defaults.optimizer),
    schedule: schedule({ ...defaults.schedule, ...part('schedule', given) }),
    freeze: freezeRules(given.freeze ?? defaults.freeze),
    augmentation: augmentation(part('augmentation', given), defaults.augmentation),
    sampling: sampling({ ...defaults.sampling, ...part('sampling', given) }),
    loss: loss(part('loss', given)),
    evaluation: evaluation({ ...defaults.evaluation, ...part('evaluation', given) }),
  };
  for (const [name, rule] of Object.entries(RULES)) {
    checkValue(name, config[name as keyof TrainConfig], rule);
  }
  return config;
}

/** Undefined means: take the default. */
function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A group of options, of which every one may be left out. */
function part<Name extends keyof TrainOptions>(
  name: Name,
  given: TrainOptions,
): NonNullable<TrainOptions[Name]> {
  const group = given[name] === undefined ? {} : checkObject(name, given[name]);
  return group as NonNullable<TrainOptions[Name]>;
}

function dataParts(name: string, parts: readonly DataPart[]): readonly DataPart[] {
  checkValue(name, parts, [Array.isArray, 'a list of { path, split }']);
  parts.forEach((part, i) => {
    const prefix = `${name}[${i}]`;
    checkObject(prefix, part);
    checkNames(`${prefix}.`, part, ['path', 'split']);
    checkValue(`${prefix}.path`, part.path, TEXT);
    if (part.split !== undefined) checkValue(`${prefix}.split`, part.split, TEXT);
  });
  return parts;
}

function stringMap(name: string, map: Readonly<Record<string, string>>) {
  for (const [key, value] of Object.entries(checkObject(name, map))) {
    checkValue(`${name}["${key}"]`, value, TEXT);
  }
  return map;
}

function inputSizes(phases: readonly InputPhase[]): readonly InputPhase[] {
  checkValue('inputSizes', phases, [
    (v) => Array.isArray(v) && v.length > 0,
    'a list of { from, sizes }',
  ]);
  phases.forEach((phase, i) => {
    const prefix = `inputSizes[${i}].`;
    checkFields(prefix, checkObject(`inputSizes[${i}]`, phase), {
      from: FRACTION,
      sizes: [(v) => listOf(SIDE)[0](v) && (v as []).length > 0, listOf(SIDE)[1]],
    });
    const least = i === 0 ? 0 : phases[i - 1].from;
    const inOrder: Rule = [(v) => (i === 0 ? v === 0 : (v as number) > least), `in order from 0`];
    checkValue(`${prefix}from`, phase.from, inOrder);
  });
  return phases;
}

function optimizer(given: Partial<OptimizerConfig>, defaults: OptimizerConfig): OptimizerConfig {
  checkObject('optimizer', given);
  const kind = given.kind ?? defaults.kind;
  checkValue('optimizer.kind', kind, oneOf(Object.keys(OPTIMIZER_DEFAULTS)));
  const all = { ...OPTIMIZER_DEFAULTS[kind], ...given };
  checkNames('optimizer.', all, Object.keys(OPTIMIZER_DEFAULTS[kind]));
  checkValue('optimizer.clipNorm', all.clipNorm, orNull(POSITIVE));
  // Its numbers are checked where they are used: see AdamW and Sgd.
  return all as OptimizerConfig;
}

function schedule(given: TrainConfig['schedule']): TrainConfig['schedule'] {
  checkNames('schedule.', given, Object.keys(SCHEDULE_DEFAULTS));
  return resolveSchedule(given);
}

/** Groups that are given in part keep the preset's other values. */
function augmentation(
  given: PartialAugmentation,
  defaults: TrainConfig['augmentation'],
): TrainConfig['augmentation'] {
  const groups = Object.entries(checkObject('augmentation', given)).map(([name, group]) => {
    const base = (defaults as unknown as Record<string, object>)[name];
    return [name, { ...base, ...checkObject(`augmentation.${name}`, group) }];
  });
  return resolveAugmentation({ ...defaults, ...Object.fromEntries(groups) });
}

function freezeRules(rules: TrainConfig['freeze']): TrainConfig['freeze'] {
  checkValue('freeze', rules, [Array.isArray, 'a list of { layers, until, rate, rampSteps }']);
  rules.forEach((rule, i) => {
    checkFields(`freeze[${i}].`, checkObject(`freeze[${i}]`, rule), {
      layers: listOf(TEXT),
      until: FRACTION,
      rate: NOT_NEGATIVE,
      rampSteps: wholeFrom(0),
    });
  });
  return rules;
}

function sampling(options: SamplingOptions): SamplingOptions {
  const maxRepeat: Rule = [(v) => POSITIVE[0](v) && (v as number) >= 1, 'a number from 1'];
  checkFields('sampling.', options, { balance: FRACTION, maxRepeat });
  return options;
}

function loss(given: Partial<TrainConfig['loss']>): TrainConfig['loss'] {
  checkNames('loss.', checkObject('loss', given), Object.keys(LOSS_DEFAULTS));
  return resolveLossOptions(given);
}

function evaluation(options: EvaluationConfig): EvaluationConfig {
  checkFields('evaluation.', options, {
    every: POSITIVE,
    images: orNull(wholeFrom(1)),
    metric: oneOf(METRICS),
  });
  return options;
}

/** @throws INVALID_OPTION when there is nothing to train on */
export function requireData({ data }: TrainConfig): void {
  if (data.length > 0) return;
  throw new RefineDetError('INVALID_OPTION', 'data must name at least one dataset to train on');
}
