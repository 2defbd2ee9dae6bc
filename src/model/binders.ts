/**
 * Binding: a plan step and its tensors become something that runs. What depends on the tensors alone
 * (packing a filter, for example) is done once.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { PlanStep, StepKind } from './plan.ts';

/** A plan step that is ready to run many times. */
export interface BoundStep {
  /** @returns a map that the caller disposes; `maps` stay */
  run(maps: tf.Tensor4D[]): tf.Tensor4D;
  /** Tensors of the step that it still reads; the others may be disposed. */
  reads: readonly tf.Tensor[];
  /** Frees what binding has allocated; the tensors of the step stay. */
  dispose(): void;
}

/** @param tensors of the step, in its order */
export type Binder<K extends StepKind> = (
  step: PlanStep<K>,
  tensors: readonly tf.Tensor[],
) => BoundStep;

/** How one backend, which is the current one then, binds each kind of plan step. */
export type Binders<K extends StepKind = StepKind> = { readonly [P in K]: Binder<P> };

export function bindStep<K extends StepKind>(
  binders: Binders<K>,
  step: PlanStep<K>,
  tensors: readonly tf.Tensor[],
): BoundStep {
  const kind: K = step.kind;
  return binders[kind](step, tensors);
}

/** A bound step without anything to free. */
export function stateless(run: BoundStep['run'], reads: readonly tf.Tensor[] = []): BoundStep {
  return { run, reads, dispose() {} };
}
