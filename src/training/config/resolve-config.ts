/** Checks the options of a user and completes them to a configuration. */
import { RefineDetError } from '../../errors.ts';
import { checkObject, checkValue, type Rule } from '../../option-checks.ts';
import { resolveOptions } from '../../option-schema.ts';
import { checkThresholds } from '../loss/loss-options.ts';
import { OPTIMIZERS, type OptimizerConfig } from '../optimizers/create-optimizer.ts';
import type { InputPhase, TrainConfig, TrainOptions } from './train-config.ts';
import { trainSchema } from './train-schema.ts';

const DEFAULT_PRESET = 'refinedet320-mobilenet';

/**
 * Fills in defaults and checks every value.
 * @param options options from a caller or from JSON
 * @throws INVALID_OPTION naming the option, the value and what is allowed; UNKNOWN_PRESET
 */
export function resolveTrainConfig(options: TrainOptions): TrainConfig {
  const { preset = DEFAULT_PRESET, optimizer, workers } = checkObject('the options', options);
  const init = noneAsNull(options.init);
  const distill = noneAsNull(options.distill);
  const schema = trainSchema(preset as string, { optimizer: optimizerKind(optimizer), init });
  const config = resolveOptions('', { ...options, init, distill }, schema);
  checkThresholds(config.loss);
  checkPhases(config.inputSizes);
  // More workers than images would have nothing to do.
  return workers === undefined
    ? { ...config, workers: Math.min(config.workers, config.batch) }
    : config;
}

function noneAsNull<T>(given: T): T | null {
  return given === 'none' ? null : given;
}

/** Returns the given kind if it exists; the schema refuses other values. */
function optimizerKind(given: unknown): OptimizerConfig['kind'] | undefined {
  const kind = (given as Partial<OptimizerConfig> | null | undefined)?.kind;
  return kind !== undefined && Object.hasOwn(OPTIMIZERS, kind) ? kind : undefined;
}

function checkPhases(phases: readonly InputPhase[]): void {
  for (const [i, { from }] of phases.entries()) {
    const last = i === 0 ? undefined : phases[i - 1].from;
    const inOrder: Rule =
      last === undefined
        ? [(v) => v === 0, '0 in the first phase']
        : [(v) => (v as number) > last, `above ${last}, where the phase before it begins`];
    checkValue(`inputSizes[${i}].from`, from, inOrder);
  }
}

/**
 * Requires training data.
 * @throws INVALID_OPTION when there is none
 */
export function requireData({ data }: TrainConfig): void {
  if (data.length > 0) return;
  throw new RefineDetError('INVALID_OPTION', 'data must name at least one dataset to train on');
}
