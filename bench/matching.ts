/**
 * Matching and loss of a training batch with gradients: the kernels against the plain TypeScript
 * reference of the tests. One thread, heads like those of a half-trained network, seeded.
 *
 *     npx tsx --conditions=refinedet-source bench/matching.ts
 */
import { createHeap } from '../src/kernels/heap.ts';
import { loadTrainingKernels } from '../src/kernels/training/training-kernels.ts';
import { DetectionLoss } from '../src/training/loss/detection-loss.ts';
import {
  decideTargets,
  referenceGradients,
  referenceLoss,
} from '../support/reference/reference-loss.ts';
import { allocateHeads, randomScene, writeHeads } from '../support/scenes/training-scenes.ts';
import { measure, printTimings } from './harness.ts';

const IMAGES = 4;
const CLASSES = 20;

for (const inputSize of [320, 512]) {
  const scene = randomScene(1, { inputSize, images: IMAGES, classes: CLASSES });
  const heap = createHeap();
  const loss = new DetectionLoss(await loadTrainingKernels(heap), scene.anchors, CLASSES);
  const heads = allocateHeads(heap, scene.heads);
  const gradients = allocateHeads(heap, scene.heads);
  writeHeads(heap, heads, scene.heads);

  const { positives, negatives } = loss.compute(heads, scene.truths, gradients);
  const boxes = scene.truths.map(({ classIds }) => classIds.length).join(' + ');
  const timings = await measure(
    [
      { name: 'kernels', run: () => loss.compute(heads, scene.truths, gradients) },
      { name: 'kernels, matching alone', run: () => loss.match(heads, scene.truths) },
      {
        name: 'plain TypeScript',
        run() {
          const targets = decideTargets(scene.heads, scene.anchors, scene.truths, loss.options);
          referenceLoss(scene.heads, targets, loss.options);
          return referenceGradients(scene.heads, targets, loss.options);
        },
      },
    ],
    { rounds: 7 },
  );
  printTimings(
    `${IMAGES} images, ${loss.anchors} anchors, ${boxes} boxes, ${positives.arm} + ${positives.odm} ` +
      `positives, ${negatives.arm} + ${negatives.odm} negatives`,
    timings,
  );
}
