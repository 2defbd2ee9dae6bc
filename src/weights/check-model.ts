/** Checks models before they are written to a file. */
import { RefineDetError } from '../errors.ts';
import type { Weights, WeightTensor } from '../model/graph.ts';
import type { Model, ModelConfig } from '../model/model.ts';
import { FLOAT16_MAX } from './half.ts';
import { matchTensors, requireComplete } from './import.ts';
import { NATIVE } from './importers/native.ts';
import { parseModelConfig } from './model-config.ts';
import type { SourceTensors } from './weight-source.ts';

/**
 * Checks that the tensors of a model fit its graph, and its configuration like one from a file.
 * @throws MODEL_METADATA, WEIGHTS_MISMATCH
 */
export function checkModel({ config, graph, weights }: Model): ModelConfig {
  const checked = parseModelConfig(config);
  requireComplete(matchTensors(inMemory(weights), graph, NATIVE), describeModel(checked));
  return checked;
}

/** Describes a model in messages: `refinedet320-vgg16 with 20 classes`. */
export function describeModel({ preset, classes }: ModelConfig): string {
  return `${preset} with ${classes.length} classes`;
}

function inMemory(weights: Weights): SourceTensors {
  return new Map(
    [...weights].map(([name, { shape, data }]) => [name, { shape, read: () => data }]),
  );
}

/** @throws INVALID_ARGUMENT for values that are not finite, or too large for the stored type */
export function requireRange(name: string, { data }: WeightTensor, dtype: string): void {
  const limit = dtype === 'F16' ? FLOAT16_MAX : Number.MAX_VALUE;
  let index = 0;
  while (index < data.length && Math.abs(data[index]) <= limit) index++;
  if (index === data.length) return;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `the tensor ${name} holds ${data[index]} at index ${index}, which cannot be stored as ${dtype}`,
  );
}
