/**
 * Times augmentation of a 500×375 image to 320×320 network input: plan and pixels, with the copy into
 * the heap, against the plain TypeScript reference of the tests. One thread, seeded.
 *
 *     npx tsx --conditions=refinedet-source bench/augmentation.ts
 */
import type { RawImage } from '../src/image/raw-image.ts';
import { createHeap } from '../src/kernels/heap.ts';
import { loadTrainingKernels } from '../src/kernels/training/training-kernels.ts';
import { deriveRandom } from '../src/random.ts';
import { resolveAugmentation } from '../src/training/augmentation/augmentation-options.ts';
import { planSample } from '../src/training/augmentation/augmentation-plan.ts';
import { Augmenter, type Normalization } from '../src/training/augmentation/render.ts';
import { referenceRender } from '../support/reference/reference-render.ts';
import { randomTruth } from '../support/scenes/training-scenes.ts';
import { measure, printTimings } from './harness.ts';

const SIDE = 320;
const NORMALIZATION: Normalization = {
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
  channelOrder: 'RGB',
};

const random = deriveRandom(1);
const [width, height] = [500, 375];
const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
const image: RawImage = { data, width, height, channels: 3 };
const truth = randomTruth(random, 4, 20);

const heap = createHeap();
const augmenter = new Augmenter(await loadTrainingKernels(heap), NORMALIZATION);
const target = { pointer: heap.malloc(12 * SIDE * SIDE), width: SIDE, height: SIDE };
const options = resolveAugmentation();
const mosaic = resolveAugmentation({ mosaic: { probability: 1 } });
const four = [truth, truth, truth, truth];
const images = [image, image, image, image];

let seed = 0;
const next = () => deriveRandom(seed++);
const timings = await measure(
  [
    {
      name: 'SSD: plan and kernel',
      run: () => augmenter.render(planSample(next(), options, [truth]), images, target),
    },
    {
      name: 'mosaic of four: plan and kernel',
      run: () => augmenter.render(planSample(next(), mosaic, four), images, target),
    },
    { name: 'SSD: plan alone', run: () => planSample(next(), options, [truth]) },
    {
      name: 'plain TypeScript',
      run: () =>
        referenceRender(planSample(next(), options, [truth]), images, NORMALIZATION, SIDE, SIDE),
    },
  ],
  { roundMs: 50 },
);
printTimings(`${width}×${height} to ${SIDE}×${SIDE}, one sample`, timings);
