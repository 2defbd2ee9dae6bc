/**
 * The SSD that provides the initial backbone of the light preset: SSD MobileNetV2 for 23 classes of Open
 * Images from the npm package @mediapipe/objectron, decoded like in MediaPipe
 * (ssd_anchors_calculator, tensors_to_detections_calculator).
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Detection } from '../../src/boxes.ts';
import type { DatasetDetector } from '../../src/evaluation/detect-dataset.ts';
import { readTensors } from '../../src/weights/tensor-file.ts';
import type { SourceTensors } from '../../src/weights/weight-source.ts';
import { readImage } from './image.ts';
import { suppress } from './nms.ts';

const SIDE = 300;
/** Rows of a head's class scores, background first, for classes that exist in VOC. */
const CLASSES = { person: 4, cow: 6, cat: 8, dog: 20 } as const;
const NAMES = Object.keys(CLASSES) as (keyof typeof CLASSES)[];
const CLASS_COUNT = 24;
const STRIDES = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1];
const MIN_SCALE = 0.2;
const MAX_SCALE = 0.95;
const LEVELS = 6;
const MIN_SCORE = 0.01;

/** @param file ssd-mobilenetv2-oid4.safetensors */
export async function ssdMobileNet(file: string): Promise<DatasetDetector> {
  const weights = loadWeights(readTensors(await readFile(file)).tensors);
  return {
    classes: NAMES,
    async detect(path) {
      const { pixels, width, height } = await readImage(path);
      const heads = tf.tidy(() => {
        const resized = tf.image.resizeBilinear(pixels, [SIDE, SIDE], false, true);
        return forward(tf.sub(tf.div(resized, 127.5), 1), weights);
      });
      pixels.dispose();
      const found: Detection[] = [];
      for (const [level, { boxes, scores }] of heads.entries()) {
        found.push(...decode(level, boxes.shape[1], await boxes.data(), await scores.data()));
      }
      tf.dispose(heads.flatMap(({ boxes, scores }) => [boxes, scores]));
      for (const { box } of found) {
        box.x *= width;
        box.y *= height;
        box.width *= width;
        box.height *= height;
      }
      return suppress(found);
    },
  };
}

type Weights = ReadonlyMap<string, tf.Tensor>;

function loadWeights(tensors: SourceTensors): Weights {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, tf.tensor(tensor.read(), [...tensor.shape])]),
  );
}

function forward(input: tf.Tensor4D, weights: Weights) {
  const conv = (name: string, x: tf.Tensor4D, strides = 1, linear = false) =>
    tf.fused.conv2d({
      x,
      filter: weights.get(`${name}.weight`) as tf.Tensor4D,
      bias: weights.get(`${name}.bias`),
      strides,
      pad: 'same',
      activation: linear ? 'linear' : 'relu6',
    });
  const maps: tf.Tensor4D[] = [];
  let x = conv('stem', input, 2);
  for (const [i, strides] of STRIDES.entries()) {
    const name = `block${i}`;
    const expanded = i === 0 ? x : conv(`${name}.expand`, x);
    if (i === 13) maps.push(expanded);
    const middle = tf.fused.depthwiseConv2d({
      x: expanded,
      filter: weights.get(`${name}.depthwise.weight`) as tf.Tensor4D,
      bias: weights.get(`${name}.depthwise.bias`),
      strides,
      pad: 'same',
      activation: 'relu6',
    });
    const projected = conv(`${name}.project`, middle, 1, true);
    x = strides === 1 && x.shape[3] === projected.shape[3] ? tf.add(x, projected) : projected;
  }
  x = conv('last', x);
  maps.push(x);
  for (let i = 0; i < 4; i++) {
    x = conv(`extra${i}.conv`, conv(`extra${i}.reduce`, x), 2);
    maps.push(x);
  }
  return maps.map((map, i) => ({
    boxes: conv(`head${i}.box`, map, 1, true),
    scores: tf.sigmoid(conv(`head${i}.class`, map, 1, true)),
  }));
}

function decode(
  level: number,
  side: number,
  boxes: ArrayLike<number>,
  scores: ArrayLike<number>,
): Detection[] {
  const shapes = anchorShapes(level);
  const found: Detection[] = [];
  for (let cell = 0, anchor = 0; cell < side * side; cell++) {
    for (const [anchorWidth, anchorHeight] of shapes) {
      const [dy, dx, dh, dw] = [0, 1, 2, 3].map((i) => boxes[4 * anchor + i]);
      const width = anchorWidth * Math.exp(dw / 5);
      const height = anchorHeight * Math.exp(dh / 5);
      const x = ((cell % side) + 0.5) / side + (dx / 10) * anchorWidth - width / 2;
      const y = (Math.floor(cell / side) + 0.5) / side + (dy / 10) * anchorHeight - height / 2;
      for (const [classId, label] of NAMES.entries()) {
        const score = scores[CLASS_COUNT * anchor + CLASSES[label]];
        if (score >= MIN_SCORE) {
          found.push({ label, classId, score, box: clip(x, y, width, height) });
        }
      }
      anchor++;
    }
  }
  return found;
}

/** Widths and heights of the anchors of a cell, as fractions of the image. */
function anchorShapes(level: number): [width: number, height: number][] {
  const scale = scaleOf(level);
  const shape = (size: number, ratio: number): [number, number] => [
    size * Math.sqrt(ratio),
    size / Math.sqrt(ratio),
  ];
  if (level === 0) return [shape(0.1, 1), shape(scale, 2), shape(scale, 0.5)];
  return [
    ...[1, 2, 0.5, 3, 0.3333].map((ratio) => shape(scale, ratio)),
    shape(Math.sqrt(scale * scaleOf(level + 1)), 1),
  ];
}

function scaleOf(level: number): number {
  if (level === LEVELS) return 1;
  return MIN_SCALE + ((MAX_SCALE - MIN_SCALE) * level) / (LEVELS - 1);
}

function clip(x: number, y: number, width: number, height: number) {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return {
    x: left,
    y: top,
    width: Math.min(1, x + width) - left,
    height: Math.min(1, y + height) - top,
  };
}
