/** Plans for training: batch normalization is a plan step of its own, with its own tensors. */
import { BATCH_NORM_TENSORS, type Graph } from '../../model/graph.ts';
import { type LayerKind, type PlanStep, planSteps, type StepBase } from '../../model/plan.ts';

/** Batch normalization after a convolution or deconvolution without bias. */
export interface BatchNormStep extends StepBase {
  kind: 'batchNorm';
  /** The normalized layer. */
  layer: { name: string };
  /** Whether it uses the statistics of the batch, and updates the running ones. */
  batchStatistics: boolean;
}

/** A plan step of a network in training. */
export type TrainingPlanStep = PlanStep<LayerKind> | BatchNormStep;

export interface ForwardOptions {
  /** Whether the tensors of a layer stay as they are. Default: all layers are trained. */
  frozen?: (layer: string) => boolean;
  /**
   * Whether the batch normalization of a layer uses the statistics of the batch (and updates the
   * running ones) instead of the running ones. Frozen layers never do. Default: no layer does.
   */
  batchStatistics?: (layer: string) => boolean;
}

/** A plan step and its part in one forward and reverse pass. */
export interface PassStep {
  step: TrainingPlanStep;
  /** Whether its tensors are trained. */
  trainable: boolean;
  /** Whether gradients flow through it: to its own tensors or to those of steps before it. */
  traced: boolean;
}

export interface TracePlan {
  steps: PassStep[];
  /** Maps that the reverse pass needs, and the heads. */
  kept: Set<string>;
  /** For every map, the step that reads it last. */
  lastReader: Map<string, string>;
}

/** Names of running statistics, which follow the data instead of a gradient. */
export const STATISTICS = /\.(mean|variance)$/;

export function planTraining(graph: Graph): TrainingPlanStep[] {
  return planSteps(graph).flatMap((step): TrainingPlanStep[] => {
    if ((step.kind !== 'conv' && step.kind !== 'deconv') || !step.layer.batchNorm) return [step];
    const { name, layer, activation } = step;
    const linear = `${name}/linear`;
    return [
      { ...step, name: linear, activation: undefined, tensors: [`${layer.name}.weight`] },
      {
        kind: 'batchNorm',
        name,
        layer,
        inputs: [linear],
        activation,
        tensors: BATCH_NORM_TENSORS.map((suffix) => `${layer.name}.${suffix}`),
        batchStatistics: false,
      },
    ];
  });
}

/** Decides which steps are traced and which maps are kept. */
export function planTrace(
  { heads }: Graph,
  steps: readonly TrainingPlanStep[],
  { frozen, batchStatistics }: ForwardOptions,
): TracePlan {
  const traced = new Set<string>();
  const kept = new Set(Object.values(heads).flat());
  const lastReader = new Map<string, string>();
  const planned = steps.map((step): PassStep => {
    const { name, layer, inputs, tensors } = step;
    const isFrozen = frozen?.(layer.name) ?? false;
    const trainable = !isFrozen && tensors.length > 0;
    const isTraced = trainable || inputs.some((input) => traced.has(input));
    if (isTraced) {
      traced.add(name);
      for (const map of [name, ...inputs]) kept.add(map);
    }
    for (const input of inputs) lastReader.set(input, name);
    const usesBatch = !isFrozen && (batchStatistics?.(layer.name) ?? false);
    return {
      step: step.kind === 'batchNorm' ? { ...step, batchStatistics: usesBatch } : step,
      trainable,
      traced: isTraced,
    };
  });
  return { steps: planned, kept, lastReader };
}
