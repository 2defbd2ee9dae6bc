import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Kernels } from '../../src/kernels/module.ts';
import type { RawDetections } from '../../src/kernels/postprocess.ts';
import { resolvePostprocessOptions } from '../../src/kernels/postprocess-options.ts';
import { ReferencePostprocessor } from '../../support/reference/reference-postprocess.ts';
import { makeScene } from '../../support/scenes/detection-scene.ts';
import { BUILDS, expectDetections, freshKernels, hostileFloat, runOnce } from './helpers.ts';

describe.each(BUILDS)('PostProcessor ($build)', ({ threaded }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await freshKernels(threaded);
  });

  it.each([
    [320, 20],
    [512, 80],
    [128, 1],
    [128, 2],
    [128, 3],
    [192, 4],
    [192, 7],
  ])('equals the reference at %i pixels and %i classes', (inputSize, classes) => {
    const { heads, anchors } = makeScene({ inputSize, classes });
    for (const options of [
      {},
      { scoreThreshold: 0.3 },
      { objectnessThreshold: 0, refineAnchors: false },
      { softNms: 'linear' as const },
      { softNms: 'gaussian' as const, nmsThreshold: 1, keepTopK: 80 },
      { agnostic: true, boxVoting: true },
      { topK: 5, keepTopK: 20 },
    ]) {
      const resolved = resolvePostprocessOptions(options);
      const reference = new ReferencePostprocessor(anchors.length / 4, classes);
      const expected = reference.run(heads, anchors, resolved);
      expect(expected.count).toBeGreaterThan(0);
      expectSimilar(runOnce(kernels, heads, anchors, classes, options), expected);
    }
  });

  it('equals the reference for random and hostile heads of any length', () => {
    const CLASSES = 5;
    // Scores are equal or clearly different: the two exponentials differ in the last bit.
    const number = hostileFloat.map((x) => (Math.abs(x) < 100 ? Math.round(8 * x) / 8 : x));
    const anchor = fc.record({
      arm: fc.tuple(number, number),
      armLoc: fc.tuple(number, number, number, number),
      odmLoc: fc.tuple(number, number, number, number),
      logits: fc.array(number, { minLength: CLASSES + 1, maxLength: CLASSES + 1 }),
      box: fc.tuple(...Array(4).fill(fc.float({ min: 0.125, max: 1, noNaN: true }))),
    });
    const options = fc.record({
      scoreThreshold: fc.constantFrom(0, 0.01, 0.5),
      objectnessThreshold: fc.constantFrom(0, 0.01, 0.5),
      refineAnchors: fc.boolean(),
      nmsThreshold: fc.constantFrom(0.2, 0.45, 1),
      agnostic: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(anchor, { maxLength: 23 }), options, (list, choice) => {
        const flat = (pick: (item: (typeof list)[number]) => readonly number[]) =>
          Float32Array.from(list.flatMap(pick));
        const heads = {
          armLoc: flat(({ armLoc }) => armLoc),
          armConf: flat(({ arm }) => arm),
          odmLoc: flat(({ odmLoc }) => odmLoc),
          odmConf: flat(({ logits }) => logits),
        };
        const anchors = flat(({ box }) => box as number[]);
        const reference = new ReferencePostprocessor(list.length, CLASSES);
        const expected = reference.run(heads, anchors, resolvePostprocessOptions(choice));
        const actual = runOnce(kernels, heads, anchors, CLASSES, choice);
        expectSimilar(actual, expected);
        expect([...actual.boxes, ...actual.scores].every((x) => x >= 0 && x <= 1)).toBe(true);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

/** As lists of (class, score, box): nearly equal scores may come in either order. */
function expectSimilar(actual: RawDetections, expected: RawDetections): void {
  expectDetections(inOrder(actual), inOrder(expected), 5e-6);
}

function inOrder({ count, boxes, scores, classIds }: RawDetections) {
  const round = (x: number) => Math.round(x * 1e4);
  const order = Array.from(scores.keys()).sort(
    (a, b) =>
      round(scores[b]) - round(scores[a]) ||
      classIds[a] - classIds[b] ||
      boxes[4 * a] - boxes[4 * b] ||
      boxes[4 * a + 1] - boxes[4 * b + 1],
  );
  return {
    count,
    boxes: Float32Array.from(order.flatMap((i) => [...boxes.subarray(4 * i, 4 * i + 4)])),
    scores: Float32Array.from(order, (i) => scores[i]),
    classIds: Int32Array.from(order, (i) => classIds[i]),
  };
}
