/** Images of a training report: network inputs and detections. */
import { readFile } from 'node:fs/promises';
import type { Box } from '../../../boxes.ts';
import type { DatasetImage } from '../../../datasets/dataset-types.ts';
import type { RefineDet } from '../../../detector.ts';
import { isImageError } from '../../../evaluation/detect-dataset.ts';
import { boxedImage, type MarkedBox } from '../../../evaluation/report/thumbnails.ts';
import { decodeImage } from '../../../image/node/decode.ts';
import type { RawImage } from '../../../image/raw-image.ts';
import { createHeap, float32View } from '../../../kernels/heap.ts';
import { loadTrainingKernels } from '../../../kernels/training/training-kernels.ts';
import type { ModelConfig } from '../../../model/model.ts';
import { type Html, html } from '../../../report/html.ts';
import { SampleMaker, type SampleSetup } from '../../data/sample-maker.ts';
import type { Draw } from '../../data/sampling.ts';
import type { Truth } from '../../loss/truth.ts';

/** Lowest score of the detections shown. */
const LOWEST_SCORE = 0.3;

/** Augmented samples, as the network receives them. */
export async function sampleFigures(
  setup: SampleSetup,
  draws: readonly Draw[],
  side: number,
): Promise<Html[]> {
  const kernels = await loadTrainingKernels(createHeap());
  const samples = new SampleMaker(kernels, setup);
  const target = { pointer: kernels.heap.malloc(12 * side * side), width: side, height: side };
  const figures: Html[] = [];
  for (const draw of draws) {
    const truth = await samples.make(draw, target, () => {});
    const input = float32View(kernels.heap, target.pointer, 3 * side * side);
    const boxes = truthBoxes(truth, side).map((box): MarkedBox => ({ box, kind: 'truth' }));
    const image = await boxedImage(
      toPixels(input, side, setup.model.config),
      whole(side, side),
      boxes,
    );
    const labels = Array.from(truth.classIds, (classId) => setup.model.config.classes[classId]);
    figures.push(
      html`<figure>${image}<figcaption>${labels.join(', ') || 'no boxes'}</figcaption></figure>`,
    );
  }
  return figures;
}

/** Validation images with true boxes and detections. */
export async function detectionFigures(
  detector: RefineDet,
  images: readonly DatasetImage[],
): Promise<Html[]> {
  const figures: Html[] = [];
  for (const { path, fileName, boxes } of images) {
    try {
      const pixels = await decodeImage(await readFile(path), { source: path });
      const found = await detector.detect(pixels, { scoreThreshold: LOWEST_SCORE });
      const image = await boxedImage(pixels, whole(pixels.width, pixels.height), [
        ...boxes.map(({ box }): MarkedBox => ({ box, kind: 'truth' })),
        ...found.map(({ box }): MarkedBox => ({ box, kind: 'detected' })),
      ]);
      const labels = found.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', ');
      figures.push(
        html`<figure>${image}<figcaption>${labels || 'no detections'}<br><span class="file">${fileName}</span></figcaption></figure>`,
      );
    } catch (error) {
      if (!isImageError(error)) throw error;
    }
  }
  return figures;
}

function whole(width: number, height: number): Box {
  return { x: 0, y: 0, width, height };
}

function truthBoxes({ boxes, classIds }: Truth, side: number): Box[] {
  return Array.from(classIds, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4).map((value) => value * side);
    return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  });
}

/** Undoes the normalization. */
function toPixels(input: Float32Array, side: number, config: ModelConfig): RawImage {
  const { mean, std, channelOrder } = config;
  const data = new Uint8ClampedArray(input.length);
  for (let i = 0; i < input.length; i++) {
    const channel = i % 3;
    const color = channelOrder === 'RGB' ? channel : 2 - channel;
    data[i - channel + color] = input[i] * std[channel] + mean[channel];
  }
  return { data, width: side, height: side, channels: 3 };
}
