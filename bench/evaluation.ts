/**
 * Time and memory of the evaluators on 5,000 images with 20 classes: with 100 detections per image
 * (what a detector keeps), and with 100 detections per image *and class*, the largest number that the
 * COCO protocol uses. Seeded, so that runs are comparable.
 *
 *     npx tsx bench/evaluation.ts
 */
import type { Dataset, DatasetImage } from '../src/datasets/dataset-types.ts';
import { evaluate, type Metric } from '../src/evaluation/evaluate.ts';
import { Predictions } from '../src/evaluation/predictions.ts';
import { deriveRandom } from '../src/random.ts';

const IMAGES = 5000;
const CLASSES = Array.from({ length: 20 }, (_, i) => `class ${i}`);
const BOXES_PER_IMAGE = 8;
const SIDE = 500;

function makeDataset(random: () => number): Dataset {
  const images = Array.from(
    { length: IMAGES },
    (_, id): DatasetImage => ({
      id,
      fileName: `${id}.jpg`,
      path: `/none/${id}.jpg`,
      annotationPath: '/none.json',
      boxes: Array.from({ length: BOXES_PER_IMAGE }, () => ({
        classId: Math.floor(random() * CLASSES.length),
        box: {
          x: random() * 300,
          y: random() * 300,
          width: 8 + random() * 190,
          height: 8 + random() * 190,
        },
        difficult: random() < 0.1,
        crowd: false,
      })),
    }),
  );
  return {
    name: 'random',
    root: '/none',
    format: 'coco',
    split: 'val',
    classes: CLASSES,
    images,
    warnings: [],
  };
}

/** A third of the detections are near a true box, the others anywhere. */
function makePredictions(dataset: Dataset, perImage: number, random: () => number): Predictions {
  const predictions = new Predictions(CLASSES);
  for (const { id, boxes } of dataset.images) {
    const image = predictions.image(id);
    for (let i = 0; i < perImage; i++) {
      const near = random() < 1 / 3 ? boxes[Math.floor(random() * boxes.length)] : undefined;
      const classId = near?.classId ?? Math.floor(random() * CLASSES.length);
      const { x, y, width, height } = near?.box ?? {
        x: random() * 300,
        y: random() * 300,
        width: random() * SIDE,
        height: random() * SIDE,
      };
      const shift = near ? (random() - 0.5) * 0.3 * width : 0;
      predictions.push(image, classId, Math.fround(random()), x + shift, y, width, height);
    }
  }
  return predictions;
}

const mebibytes = (bytes: number): string => String(Math.round(bytes / 2 ** 20));

console.log(
  ['metric', 'detections', 'seconds', 'peak RSS / MiB'].map((s) => s.padStart(16)).join(''),
);
for (const perImage of [100, 100 * CLASSES.length]) {
  const generator = deriveRandom(1);
  const random = () => generator.uniform();
  const dataset = makeDataset(random);
  const predictions = makePredictions(dataset, perImage, random);
  for (const metric of ['voc07', 'voc12', 'coco'] satisfies Metric[]) {
    const start = performance.now();
    evaluate(dataset, predictions, { metric });
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    // maxRSS is in KiB and never falls: the last line shows the peak of all.
    const peak = mebibytes(process.resourceUsage().maxRSS * 1024);
    console.log(
      [metric, String(predictions.length), seconds, peak].map((s) => s.padStart(16)).join(''),
    );
  }
}
