/** The optimizers in plain TypeScript, float64: one number over several steps. */
import type { AdamWOptions } from '../../src/training/optimizers/adamw.ts';

export interface Path {
  weight: number;
  rate: number;
  decay: number;
}

/** Caffe's SGDSolver. */
export function referenceSgd(path: Path, gradients: readonly number[], momentum: number): number {
  let { weight } = path;
  let velocity = 0;
  for (const gradient of gradients) {
    velocity = momentum * velocity + path.rate * (gradient + path.decay * weight);
    weight -= velocity;
  }
  return weight;
}

/** Loshchilov and Hutter, algorithm 2, with the decay times the learning rate, like in PyTorch. */
export function referenceAdamW(
  path: Path,
  gradients: readonly number[],
  { beta1, beta2, epsilon }: AdamWOptions,
): number {
  let { weight } = path;
  let [first, second] = [0, 0];
  gradients.forEach((gradient, i) => {
    first = beta1 * first + (1 - beta1) * gradient;
    second = beta2 * second + (1 - beta2) * gradient ** 2;
    const mean = first / (1 - beta1 ** (i + 1));
    const variance = second / (1 - beta2 ** (i + 1));
    weight -= path.rate * (mean / (Math.sqrt(variance) + epsilon) + path.decay * weight);
  });
  return weight;
}
