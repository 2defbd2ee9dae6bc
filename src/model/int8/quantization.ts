/** What a model needs beyond its weights to run in 8 bits; calibration on images finds it. */
import { RefineDetError } from '../../errors.ts';
import type { Graph } from '../graph.ts';
import { DEPTHWISE_KERNEL, type LayerKind, type PlanStep, planSteps } from '../plan.ts';

/** What calibration adds to a model so that it can compute in 8 bits. */
export interface Quantization {
  /**
   * Step between neighboring 8-bit numbers, one for each channel of the input and of every map that is
   * not a head, by the name of the map.
   */
  scales: ReadonlyMap<string, Float32Array>;
  /** What 8-bit inference adds to the biases, by the name of the layer; others stay. */
  corrections: ReadonlyMap<string, Float32Array>;
}

/** A plan step that runs in 8 bits. */
export type Int8Step = PlanStep<'conv' | 'depthwise' | 'deconv'>;

/**
 * Plans a network without batch normalization for 8-bit inference.
 * @throws INVALID_OPTION when it has other layers than light networks have
 */
export function planInt8(graph: Graph): Int8Step[] {
  const steps = planSteps(graph);
  const rectified = new Set(steps.filter(isRectified).map(({ name }) => name));
  return steps.map((step) => {
    if (isInt8Step(step, rectified)) return step;
    throw new RefineDetError(
      'INVALID_OPTION',
      `8-bit inference does not support the layer "${step.name}" (${step.kind}); it runs light networks such as refinedet320-mobilenet`,
    );
  });
}

/** Whether the graph can run in 8 bits. */
export function supportsInt8(graph: Graph): boolean {
  try {
    planInt8(graph);
    return true;
  } catch (error) {
    if (error instanceof RefineDetError && error.code === 'INVALID_OPTION') return false;
    throw error;
  }
}

/** Whether the output of a step is 0..255, and otherwise -128..127. */
export function isRectified({ activation }: Pick<PlanStep, 'activation'>): boolean {
  return activation !== undefined;
}

/** Depthwise convolutions read and write rectified maps. */
function isInt8Step(step: PlanStep<LayerKind>, rectified: ReadonlySet<string>): step is Int8Step {
  if (step.kind === 'conv') return true;
  if (step.kind === 'deconv') return step.layer.filters % 4 === 0;
  if (step.kind !== 'depthwise' || step.layer.kernel !== DEPTHWISE_KERNEL) return false;
  return isRectified(step) && rectified.has(step.inputs[0]);
}
