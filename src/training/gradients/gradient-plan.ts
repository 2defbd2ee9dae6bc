/** Plans for training: batch normalization is a plan step of its own, with its own tensors. */
import { BATCH_NORM_TENSORS, type Graph } from '../../model/graph.ts';
import {
  type LayerKind,
  type PlanStep,
  planSteps,
  readerCounts,
  type StepBase,
} from '../../model/plan.ts';
import { findChains } from '../../model/plan-inference.ts';

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

/** A step of a forward pass. */
export interface ForwardStep {
  step: TrainingPlanStep | PlanStep<'chain'>;
  /** Whether its tensors are trained. */
  trainable: boolean;
}

/** A plan step and its part in one forward and reverse pass. */
export interface PassStep extends ForwardStep {
  step: TrainingPlanStep;
  /** Whether gradients flow through it: to its own tensors or to those of steps before it. */
  traced: boolean;
}

export interface TracePlan {
  steps: ForwardStep[];
  /** Those that gradients flow through. */
  traced: PassStep[];
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

/**
 * Decides which steps are traced and which maps are kept.
 * @param isLarge whether a map between untraced steps should never be written as a whole; absent: all are written
 */
export function planTrace(
  graph: Graph,
  steps: readonly TrainingPlanStep[],
  { frozen, batchStatistics }: ForwardOptions,
  isLarge?: (name: string) => boolean,
): TracePlan {
  const tracedMaps = new Set<string>();
  const kept = new Set(Object.values(graph.heads).flat());
  const planned = steps.map((step): PassStep => {
    const { name, layer, inputs, tensors } = step;
    const isFrozen = frozen?.(layer.name) ?? false;
    const trainable = !isFrozen && tensors.length > 0;
    const isTraced = trainable || inputs.some((input) => tracedMaps.has(input));
    if (isTraced) {
      tracedMaps.add(name);
      for (const map of [name, ...inputs]) kept.add(map);
    }
    const usesBatch = !isFrozen && (batchStatistics?.(layer.name) ?? false);
    return {
      step: step.kind === 'batchNorm' ? { ...step, batchStatistics: usesBatch } : step,
      trainable,
      traced: isTraced,
    };
  });
  const linked = isLarge ? chainUntraced(planned, graph, isLarge) : planned;
  const lastReader = new Map(
    linked.flatMap(({ step }) => step.inputs.map((input) => [input, step.name])),
  );
  return { steps: linked, traced: planned.filter(({ traced }) => traced), kept, lastReader };
}

/** Chains steps that no gradient flows through, as in inference. */
function chainUntraced(
  planned: readonly PassStep[],
  graph: Graph,
  isLarge: (name: string) => boolean,
): ForwardStep[] {
  const readers = readerCounts(
    planned.flatMap(({ step }) => step.inputs),
    graph,
  );
  const untraced = planned.flatMap(({ step, traced }) =>
    traced || step.kind === 'batchNorm' ? [] : step,
  );
  const chains = findChains(untraced, readers, isLarge);
  return planned.flatMap((pass): ForwardStep[] => {
    const chain = chains.get(pass.step.name);
    if (!chain) return [pass];
    return chain.name === pass.step.name ? [{ ...pass, step: chain }] : [];
  });
}
