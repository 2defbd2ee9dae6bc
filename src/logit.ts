/** Returns log(p / (1 - p)), the difference of two logits whose softmax is p; infinite for 0 and 1. */
export function logit(p: number): number {
  return Math.log(p / (1 - p));
}
