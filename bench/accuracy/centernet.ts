/**
 * The detector of the npm package @vladmandic/human: CenterNet on MobileNetV3, 80 classes of
 * COCO, 512 × 512 (https://github.com/610265158/mobilenetv3_centernet).
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

const SIDE = 512;
const OUTPUT = 'tower_0/detections';

/**
 * Classes have VOC's names where they exist. Scores are not rounded and no detection is removed
 * by its score, both in the detector's favor: the package does both.
 * @param folder the package's `models`
 */
export async function centerNet(folder: string): Promise<DatasetDetector> {
  const model = await loadGraphModel(fileHandler(path.join(folder, 'centernet.json')));
  const classes = COCO_CLASSES.map((name) => COCO_TO_VOC[name] ?? name);
  return {
    classes,
    async detect(file) {
      const { pixels, width, height } = await readImage(file);
      const output = tf.tidy(
        () => model.execute(tf.image.resizeBilinear(pixels, [SIDE, SIDE]), OUTPUT) as tf.Tensor,
      );
      pixels.dispose();
      const rows = await output.data();
      output.dispose();
      const found: Detection[] = [];
      for (let at = 0; at < rows.length; at += 6) {
        const [x1, y1, x2, y2, score, classId] = rows.subarray(at, at + 6);
        if (!(score > 0)) continue;
        const [x, y] = [(x1 / SIDE) * width, (y1 / SIDE) * height];
        const box = { x, y, width: (x2 / SIDE) * width - x, height: (y2 / SIDE) * height - y };
        found.push({ label: classes[classId], classId, score, box });
      }
      return suppress(found);
    },
  };
}
