/** The steps of a network in training: batch normalization is a step of its own, with its own tensors. */
import {
  BATCH_NORM_TENSORS,
  type ConvLayer,
  type DeconvLayer,
  type Graph,
} from '../../model/graph.ts';
import { planSteps, type Step } from '../../model/plan.ts';

/** Follows a convolution or deconvolution without bias. */
export interface BatchNormLayer {
  op: 'batchNorm';
  /** Of the layer that it belongs to. */
  name: string;
}

export interface TrainingStep extends Omit<Step, 'layer'> {
  layer: Step['layer'] | BatchNormLayer;
}

export interface ForwardOptions {
  /** Whether the tensors of a layer stay as they are. Default: all layers are trained. */
  frozen?: (layer: string) => boolean;
  /**
   * Whether the batch normalization of a layer uses the statistics of the batch (and updates the
   * running ones) instead of the running ones. Frozen layers never do. Default: none does.
   */
  batchStatistics?: (layer: string) => boolean;
}

/** A step and its part in one training step. */
export interface PlannedStep {
  step: TrainingStep;
  /** Whether its tensors are trained. */
  trainable: boolean;
  /** Whether gradients flow through it: to its own tensors or to those of steps before it. */
  traced: boolean;
  batchStatistics: boolean;
}

export interface TracePlan {
  steps: PlannedStep[];
  /** Maps that the reverse pass needs, and the heads. */
  kept: Set<string>;
  /** For every map, the step that reads it last. */
  lastReader: Map<string, string>;
}

/** Names of running statistics, which follow the data, not the gradient. */
export const STATISTICS = /\.(mean|variance)$/;

export function planTraining(graph: Graph): TrainingStep[] {
  return planSteps(graph).flatMap((step): TrainingStep[] => {
    const { layer } = step;
    return 'batchNorm' in layer && layer.batchNorm ? normalizedSteps(step, layer) : [step];
  });
}

function normalizedSteps(step: Step, layer: ConvLayer | DeconvLayer): TrainingStep[] {
  const linear = `${step.name}/linear`;
  const { name } = layer;
  return [
    { ...step, name: linear, activation: undefined, tensors: [`${name}.weight`] },
    {
      name: step.name,
      layer: { op: 'batchNorm', name },
      inputs: [linear],
      activation: step.activation,
      tensors: BATCH_NORM_TENSORS.map((suffix) => `${name}.${suffix}`),
    },
  ];
}

/** Decides which steps are traced and which maps are kept. */
export function planTrace(
  { heads }: Graph,
  steps: readonly TrainingStep[],
  { frozen, batchStatistics }: ForwardOptions,
): TracePlan {
  const traced = new Set<string>();
  const kept = new Set(Object.values(heads).flat());
  const lastReader = new Map<string, string>();
  const planned = steps.map((step): PlannedStep => {
    const { name, layer, inputs, tensors } = step;
    const isFrozen = frozen?.(layer.name) ?? false;
    const trainable = !isFrozen && tensors.length > 0;
    const isTraced = trainable || inputs.some((input) => traced.has(input));
    if (isTraced) {
      traced.add(name);
      for (const map of [name, ...inputs]) kept.add(map);
    }
    for (const input of inputs) lastReader.set(input, name);
    const ofBatch = layer.op === 'batchNorm' && !isFrozen && batchStatistics?.(layer.name);
    return { step, trainable, traced: isTraced, batchStatistics: ofBatch ?? false };
  });
  return { steps: planned, kept, lastReader };
}
