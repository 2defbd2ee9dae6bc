/**
 * Calibration in a model file: for every map `x` that is not a head, its scales in the float32 tensor
 * `x.outputScale`, one number where all are the same, and for every corrected layer what to add to its bias in `<layer>.correction`, float16 where that is exact.
 */
import { RefineDetError } from '../errors.ts';
import { withoutBatchNorm } from '../model/fold.ts';
import { channelsByLayer, type Graph } from '../model/graph.ts';
import { planInt8, type Quantization, supportsInt8 } from '../model/int8/quantization.ts';
import { show } from '../option-checks.ts';
import { quote } from './byte-reader.ts';
import type { SourceTensors } from './weight-source.ts';

const SCALE = '.outputScale';
const CORRECTION = '.correction';

/** Returns the tensors of a calibration by their names in a file. */
export function quantizationTensors({ scales, corrections }: Quantization) {
  return new Map([
    ...[...scales].map(([map, values]) => [map + SCALE, once(values)] as const),
    ...[...corrections].map(([layer, values]) => [layer + CORRECTION, values] as const),
  ]);
}

/** Returns the first of equal numbers, otherwise all. */
function once(values: Float32Array): Float32Array {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

/**
 * Separates the calibration from the tensors of a file.
 * @returns `quantization`: absent when the file has none
 * @throws MODEL_METADATA when the calibration is not complete or has unusable values
 */
export function readQuantization(
  tensors: SourceTensors,
  graph: Graph,
): { rest: SourceTensors; quantization?: Quantization } {
  const isScale = (name: string) => name.endsWith(SCALE);
  if (![...tensors.keys()].some(isScale) || !supportsInt8(withoutBatchNorm(graph))) {
    return { rest: tensors };
  }
  const rest = new Map(tensors);
  const channels = channelsByLayer(graph);
  const plan = planInt8(withoutBatchNorm(graph));
  const heads = new Set(Object.values(graph.heads).flat());
  const take = (name: string, count: number, isValid: (value: number) => boolean) => {
    const stored = tensors.get(name)?.read().slice() ?? new Float32Array();
    const isShared = stored.length === 1 && name.endsWith(SCALE);
    const values = isShared ? new Float32Array(count).fill(stored[0]) : stored;
    rest.delete(name);
    const wrong = values.find((value) => !isValid(value));
    if (values.length === count && wrong === undefined) return values;
    const found = wrong === undefined ? `${values.length} numbers` : show(wrong);
    throw new RefineDetError(
      'MODEL_METADATA',
      `the model's calibration ${quote(name)} must be ${count} finite numbers, scales positive, not ${found}`,
    );
  };
  const scales = new Map<string, Float32Array>();
  for (const name of [graph.layers[0].name, ...plan.map((step) => step.name)]) {
    if (heads.has(name)) continue;
    scales.set(
      name,
      take(name + SCALE, channels.get(name)!, (v) => v > 0 && v < Infinity),
    );
  }
  const corrections = new Map<string, Float32Array>();
  for (const { layer } of plan) {
    const name = layer.name + CORRECTION;
    if (!tensors.has(name)) continue;
    corrections.set(layer.name, take(name, channels.get(layer.name)!, Number.isFinite));
  }
  return { rest, quantization: { scales, corrections } };
}
