/** Learning rate and frozen layers as functions of the step: plain data in, numbers out. */
import { didYouMean, RefineDetError } from '../../errors.ts';
import { checkValue, show } from '../../option-checks.ts';
import { checkNumber } from '../check.ts';

/** The learning rate over a run. */
export interface LearningRateSchedule {
  /** Default `cosine`. */
  kind: 'constant' | 'multistep' | 'cosine';
  /** After warm-up. Default 1e-3, of the paper's SGD and of our AdamW alike. */
  learningRate: number;
  /** Steps in which the rate rises linearly from 0. Default 100. */
  warmupSteps: number;
  /**
   * Multistep: where the rate drops, as fractions of all steps. Default 2/3 and 5/6: 80k and 100k of
   * the paper's 120k iterations.
   */
  milestones: readonly number[];
  /** Multistep: factor of each drop. Default 0.1. */
  gamma: number;
}

export const SCHEDULE_DEFAULTS: Readonly<LearningRateSchedule> = {
  kind: 'cosine',
  learningRate: 1e-3,
  warmupSteps: 100,
  milestones: [2 / 3, 5 / 6],
  gamma: 0.1,
};

const KINDS = ['constant', 'multistep', 'cosine'] as const;

/**
 * Fills in defaults and checks every value.
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolveSchedule(options: Partial<LearningRateSchedule> = {}): LearningRateSchedule {
  const schedule = { ...SCHEDULE_DEFAULTS, ...options };
  const { kind, learningRate, warmupSteps, milestones, gamma } = schedule;
  if (!KINDS.includes(kind)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `schedule must be one of ${KINDS.join(', ')}, not ${show(kind)}${didYouMean(kind, KINDS)}`,
    );
  }
  const isRate = (v: number) => v > 0 && v < Infinity;
  checkNumber('learningRate', learningRate, isRate, 'above 0');
  checkNumber('warmupSteps', warmupSteps, (v) => v >= 0, 'from 0');
  checkNumber('gamma', gamma, (v) => v > 0 && v <= 1, 'above 0 to 1');
  checkValue('milestones', milestones, [Array.isArray, 'a list of numbers']);
  for (const milestone of milestones) {
    checkNumber('milestones', milestone, (v) => v >= 0 && v <= 1, 'from 0 to 1');
  }
  return schedule;
}

/** Learning rate of a step, counted from 0, of a run of `totalSteps`. */
export function learningRateAt(
  { kind, learningRate, warmupSteps, milestones, gamma }: LearningRateSchedule,
  step: number,
  totalSteps: number,
): number {
  const warmup = Math.min(1, (step + 1) / (warmupSteps + 1));
  const done = step / totalSteps;
  switch (kind) {
    case 'constant':
      return learningRate * warmup;
    case 'multistep': {
      const drops = milestones.filter((milestone) => done >= milestone).length;
      return learningRate * warmup * gamma ** drops;
    }
    case 'cosine':
      return learningRate * warmup * 0.5 * (1 + Math.cos(Math.PI * Math.min(done, 1)));
  }
}

/** When the layers of a group train, and how fast. */
export interface FreezeRule {
  /** Layer names, or their first parts: `block6` stands for `block6.expand` too, not for `block61`. */
  layers: readonly string[];
  /** Frozen before this fraction of all steps. */
  until: number;
  /** Factor of the learning rate afterwards; 0 keeps the layers frozen. */
  rate: number;
  /** Steps in which the factor rises linearly from 0 after the thaw. */
  rampSteps: number;
}

/**
 * A misspelt name would freeze nothing, in silence.
 * @throws INVALID_OPTION for a name that stands for no layer
 */
export function checkFreezeRules(rules: readonly FreezeRule[], layers: readonly string[]): void {
  rules.forEach((rule, i) => {
    const unknown = rule.layers.find((name) => !layers.some((layer) => isPart(layer, name)));
    if (unknown === undefined) return;
    const known = [...layers, ...layers.map((layer) => layer.split('.')[0])];
    throw new RefineDetError(
      'INVALID_OPTION',
      `freeze[${i}].layers: the network has no layer "${unknown}"${didYouMean(unknown, known)}`,
    );
  });
}

/**
 * Factors of the learning rate of all layers that a rule names; of several rules the first counts.
 * Other layers train at the full rate.
 */
export function layerRatesAt(
  rules: readonly FreezeRule[],
  layers: Iterable<string>,
  step: number,
  totalSteps: number,
): Map<string, number> {
  const rates = new Map<string, number>();
  for (const layer of layers) {
    const rule = rules.find((candidate) => candidate.layers.some((name) => isPart(layer, name)));
    if (rule) rates.set(layer, ruleRate(rule, step, totalSteps));
  }
  return rates;
}

function ruleRate({ until, rate, rampSteps }: FreezeRule, step: number, totalSteps: number) {
  const thaw = Math.ceil(until * totalSteps);
  if (step < thaw) return 0;
  return rate * Math.min(1, (step - thaw + 1) / (rampSteps + 1));
}

function isPart(layer: string, name: string): boolean {
  return layer === name || layer.startsWith(`${name}.`);
}
