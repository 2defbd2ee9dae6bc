/** Chooses the scales of all maps. */
import type { Graph, Weights } from '../../model/graph.ts';
import { type Int8Step, isRectified } from '../../model/int8/quantization.ts';
import { finestSteps } from '../../model/int8/quantize-conv.ts';
import { Surroundings } from '../../model/int8/surroundings.ts';
import type { ModelConfig } from '../../model/model.ts';
import { chooseScale } from './choose-scale.ts';
import type { Histogram } from './histogram.ts';

const SIGNED_LEVELS = 127;
const UNSIGNED_LEVELS = 255;
const MAX_PIXEL = 255;

/** A network without batch normalization, and its plan. */
export interface Int8Network {
  graph: Graph;
  weights: Weights;
  plan: readonly Int8Step[];
}

/**
 * Chooses one scale for all channels of a map, but one for each channel where only depthwise
 * convolutions read: for them that costs nothing.
 * @param maps distributions of all maps that are not heads
 */
export function chooseScales(
  { mean, std }: Pick<ModelConfig, 'mean' | 'std'>,
  { graph, weights, plan }: Int8Network,
  maps: ReadonlyMap<string, Histogram>,
): Map<string, Float32Array> {
  const scales = new Map<string, Float32Array>();
  const around = new Surroundings(graph, plan, weights, { scales, corrections: new Map() });
  const mixed = new Set(
    plan.filter(({ kind }) => kind !== 'depthwise').flatMap(({ inputs }) => inputs),
  );
  // All pixel values occur in later images.
  const most = mean.map((m, c) => Math.max(m, MAX_PIXEL - m) / std[c]);
  const step = Math.max(...most) / SIGNED_LEVELS;
  scales.set(graph.layers[0].name, new Float32Array(mean.length).fill(step));
  for (const producer of plan) {
    const histogram = maps.get(producer.name);
    if (!histogram) continue;
    const { channels } = histogram;
    const levels = isRectified(producer) ? UNSIGNED_LEVELS : SIGNED_LEVELS;
    const common = chooseScale(histogram.bins(range(channels)), levels) || 1;
    scales.set(producer.name, new Float32Array(channels).fill(common));
    if (mixed.has(producer.name) || producer.kind !== 'conv') continue;
    const least = leastScales(around, producer, common);
    const chosen = range(channels).map((c) =>
      Math.max(chooseScale(histogram.bins([c]), levels), least[c]),
    );
    scales.set(producer.name, Float32Array.from(chosen));
  }
  return scales;
}

/** A channel's step may be at most this much finer, relative to its weights, than with one scale for all. */
const FINER = 2;
/** Steps of the added map per step of the output, at most. */
const MAX_RESIDUAL_RATIO = 7.9;

/** Returns the finest useful scales: below, the rounding of the weights is larger than a step. */
function leastScales(around: Surroundings, step: Int8Step & { kind: 'conv' }, common: number) {
  const matrix = around.conv(step);
  const finest = finestSteps(matrix);
  const largest = finest.reduce((a, b) => Math.max(a, b), 0);
  return Float32Array.from(finest, (own, c) =>
    Math.max(
      largest > 0 ? ((own / largest) * common) / FINER : common,
      (matrix.residual?.[c] ?? 0) / MAX_RESIDUAL_RATIO,
    ),
  );
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
