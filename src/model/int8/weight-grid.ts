/** The levels of the weights of a calibrated model, for storing exactly what 8-bit inference uses. */
import { foldBatchNorm } from '../fold.ts';
import type { Model } from '../model.ts';
import { planInt8 } from './quantization.ts';
import { quantizeConv } from './quantize-conv.ts';
import { Surroundings } from './surroundings.ts';
import { hasOneScale } from './weight-levels.ts';

/** Returns the steps between the weights of convolutions, one per output channel, by tensor name. */
export function weightGrid({ graph, weights, quantization }: Model): Map<string, Float32Array> {
  const grid = new Map<string, Float32Array>();
  if (!quantization) return grid;
  const folded = foldBatchNorm(graph, weights);
  const plan = planInt8(folded.graph);
  const around = new Surroundings(folded.graph, plan, folded.weights, quantization);
  for (const step of plan) {
    if (step.kind !== 'conv') continue;
    const matrix = around.conv(step);
    const [scale] = matrix.input;
    if (!hasOneScale(matrix.input)) continue;
    const { steps } = quantizeConv(matrix);
    grid.set(
      step.tensors[0],
      Float32Array.from(steps, (size) => size / scale),
    );
  }
  return grid;
}
