/** Learning rate and frozen layers as functions of the step: plain data in, numbers out. */
import { didYouMean, RefineDetError } from '../../errors.ts';
import { FRACTION, listOf, NOT_NEGATIVE, oneOf, POSITIVE } from '../../option-checks.ts';
import type { Schema } from '../../option-schema.ts';

/** The learning rate over a run. */
export interface LearningRateSchedule {
  /** Default by preset: `cosine` for MobileNet, else `multistep`. */
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

/** @param kind default kind */
export function scheduleSchema(kind: LearningRateSchedule['kind']): Schema<LearningRateSchedule> {
  return {
    kind: [oneOf(['constant', 'multistep', 'cosine']), kind],
    learningRate: [POSITIVE, 1e-3],
    warmupSteps: [NOT_NEGATIVE, 100],
    milestones: [listOf(FRACTION), [2 / 3, 5 / 6]],
    gamma: [[(v) => FRACTION[0](v) && v !== 0, 'a number above 0, at most 1'], 0.1],
  };
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
  /** Layer names, or their first parts: `block6` also names `block6.expand`, but not `block61`. */
  layers: readonly string[];
  /** Frozen before this fraction of all steps. */
  until: number;
  /** Factor of the learning rate afterwards; 0 keeps the layers frozen. */
  rate: number;
  /** Steps in which the factor rises linearly from 0 after the thaw. */
  rampSteps: number;
}

/**
 * Refuses misspelled names, which would freeze nothing without a word.
 * @throws INVALID_OPTION for a name that matches no layer
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
 * Factors of the learning rate of all layers that a rule names. The first rule that names a layer
 * counts; layers without a rule train at the full rate.
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
