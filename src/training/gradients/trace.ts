/** The reverse pass: from the gradients of a network's outputs to those of its tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { PassStep, TrainingPlanStep } from './gradient-plan.ts';
import { layerGradients } from './layer-gradient.ts';

/** What a forward pass leaves for the reverse pass. */
export interface Trace {
  /** Traced plan steps, in order. */
  steps: readonly PassStep[];
  /** Every map that a traced step has read or written. */
  maps: Map<string, tf.Tensor4D>;
  /** The tensors that the steps ran with; they must not have changed since. */
  tensors: ReadonlyMap<string, tf.Tensor>;
}

/**
 * Runs the reverse pass.
 * @param outputs gradients of some maps; not disposed
 * @param release disposes every map of the trace as soon as it has been read last
 * @returns by tensor name; the caller disposes the tensors
 */
export function reversePass(
  trace: Trace,
  outputs: ReadonlyMap<string, tf.Tensor4D>,
  release: boolean,
): Map<string, tf.Tensor> {
  const { steps, maps } = trace;
  const names: string[] = [];
  const traced = new Set(steps.map(({ step }) => step.name));
  const gradients = tf.tidy(() => {
    const pending = new Map([...outputs].map(([name, gradient]) => [name, tf.clone(gradient)]));
    const results: tf.Tensor[] = [];
    for (const { step, trainable } of steps.toReversed()) {
      const gradient = pending.get(step.name);
      if (gradient) {
        const wanted = { maps: step.inputs.map((name) => traced.has(name)), tensors: trainable };
        const sums = step.inputs.map((name) => pending.get(name));
        const found = tf.tidy(() =>
          layerGradients({ ...callOf(trace, step), gradient, wanted, sums }),
        );
        gradient.dispose();
        step.inputs.forEach((name, i) => {
          if (!found.maps[i]) return;
          sums[i]?.dispose();
          pending.set(name, found.maps[i]);
        });
        results.push(...found.tensors);
        names.push(...step.tensors.slice(0, found.tensors.length));
      }
      if (release) {
        maps.get(step.name)!.dispose();
        maps.delete(step.name);
      }
    }
    return results;
  });
  return new Map(names.map((name, i) => [name, gradients[i]]));
}

/** Collects what the gradients of a plan step read. */
function callOf({ maps, tensors }: Trace, step: TrainingPlanStep) {
  return {
    step,
    maps: step.inputs.map((name) => maps.get(name)!),
    tensors: step.tensors.map((name) => tensors.get(name)!),
    output: maps.get(step.name)!,
  };
}
