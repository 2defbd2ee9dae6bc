/**
 * Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounded weights shift the mean of
 * a convolution's output by the mean of its input times the rounding errors. The bias takes that back.
 */

import { quantizeConv } from '../../model/int8/quantize-conv.ts';
import { Surroundings } from '../../model/int8/surroundings.ts';
import { roundToFloat16 } from '../../weights/half.ts';
import type { Int8Network } from './choose-scales.ts';
import type { Histogram } from './histogram.ts';

/** Returns what to add to the biases of convolutions, by layer; the borders of maps do not count. */
export function correctBiases(
  { graph, weights, plan }: Int8Network,
  scales: ReadonlyMap<string, Float32Array>,
  maps: ReadonlyMap<string, Histogram>,
): Map<string, Float32Array> {
  const uncorrected = { scales, corrections: new Map() };
  const around = new Surroundings(graph, plan, weights, uncorrected);
  const corrections = new Map<string, Float32Array>();
  for (const step of plan) {
    // Four columns of a deconvolution share a bias, and depthwise weights keep 16 bits.
    if (step.kind !== 'conv') continue;
    const matrix = around.conv(step);
    const weight = matrix.weight.data;
    const { weights: levels, steps } = quantizeConv(matrix);
    const filters = steps.length;
    const channels = matrix.input.length;
    const input = maps.get(step.inputs[0])!;
    const means = Array.from({ length: channels }, (_, c) => input.mean(c));
    const correction = new Float64Array(filters);
    for (let k = 0, at = 0; at < levels.length; k++) {
      const c = k % channels;
      for (let n = 0; n < filters; n++, at++) {
        const used = (levels[at] * steps[n]) / matrix.input[c];
        correction[n] += means[c] * (weight[at] - used);
      }
    }
    // Exact to a 2,000th part of a small number, and half as large in a file.
    corrections.set(step.layer.name, roundToFloat16(Float32Array.from(correction)));
  }
  return corrections;
}
