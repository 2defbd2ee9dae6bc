/** Learning rate and frozen layers as functions of the step: plain data in, numbers out. */
import { didYouMean, RefineDetError } from '../../errors.ts';
import { FRACTION, listOf, NOT_NEGATIVE, oneOf, POSITIVE } from '../../option-checks.ts';
import type { Schema } from '../../option-schema.ts';

/** The learning rate over a run. */
export interface LearningRateSchedule {
  /** Default by preset: `cosine` for MobileNet, else `multistep`. */
  kind: 'constant' | 'multistep' | 'cosine';
  /** Learning rate after warm-up. Default 1e-3, for the paper's SGD and for our AdamW. */
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

/** Returns the schema of a schedule with this default kind. */
export function scheduleSchema(kind: LearningRateSchedule['kind']): Schema<LearningRateSchedule> {
  return {
    kind: [oneOf(['constant', 'multistep', 'cosine']), kind],
    learningRate: [POSITIVE, 1e-3],
    warmupSteps: [NOT_NEGATIVE, 100],
    milestones: [listOf(FRACTION), [2 / 3, 5 / 6]],
    gamma: [[(v) => FRACTION[0](v) && v !== 0, 'a number above 0, at most 1'], 0.1],
  };
}

/** Returns the learning rate of a step, counted from 0, in a run of `totalSteps`. */
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

/** Rule that freezes layers and sets their learning rate afterwards. */
export interface FreezeRule {
  /** Layer names, or their first parts: `block6` also names `block6.expand`, but not `block61`. */
  layers: readonly string[];
  /** Fraction of all steps before which the layers are frozen. */
  until: number;
  /** Factor of the learning rate afterwards; 0 keeps the layers frozen. */
  rate: number;
  /** Steps in which the factor rises linearly from 0 after `until`. */
  rampSteps: number;
}

/**
 * Refuses unknown layer names, which would silently freeze nothing.
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
 * Returns the factors of the learning rate of all layers with a rule. The first rule that names a layer
 * applies; layers without a rule train at the full rate.
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
