/**
 * A typical post-process with tfjs operations only: it first gathers the anchors that pass the objectness
 * filter, then runs everything on them, with one NMS call per class.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { PostprocessOptions } from '../../src/kernels/postprocess-options.ts';
import type { Scene } from '../../support/scenes/detection-scene.ts';

export type SceneTensors = Record<
  'armLoc' | 'armConf' | 'odmLoc' | 'odmConf' | 'anchors',
  tf.Tensor2D
>;

export function uploadScene({ heads, anchors }: Scene): SceneTensors {
  const count = anchors.length / 4;
  const upload = (values: Float32Array) => {
    const tensor = tf.tensor2d(values, [count, values.length / count]);
    return tf.tidy(() => tf.add(tensor, 0)) as tf.Tensor2D; // copies it to the backend's memory
  };
  return {
    armLoc: upload(heads.armLoc),
    armConf: upload(heads.armConf),
    odmLoc: upload(heads.odmLoc),
    odmConf: upload(heads.odmConf),
    anchors: upload(anchors),
  };
}

export async function tfjsPostprocess(
  heads: SceneTensors,
  options: PostprocessOptions,
  suppression: 'sync' | 'async',
): Promise<{ count: number }> {
  const { armLoc, armConf, odmLoc, odmConf, anchors } = heads;
  const suppress =
    suppression === 'sync' ? tf.image.nonMaxSuppression : tf.image.nonMaxSuppressionAsync;
  const isAlive = tf.tidy(() =>
    tf.greaterEqual(column(tf.softmax(armConf), 1), options.objectnessThreshold),
  );
  const where = await tf.whereAsync(isAlive);
  const [boxes, scores] = tf.tidy(() => {
    const rows = tf.cast(tf.reshape(where, [-1]), 'int32') as tf.Tensor1D;
    const take = (tensor: tf.Tensor2D) => tf.gather(tensor, rows);
    const refined = decode(take(anchors), take(armLoc));
    return [toCorners(decode(refined, take(odmLoc))), tf.softmax(take(odmConf))];
  });
  const classes = odmConf.shape[1] - 1;
  const found: { score: number; classId: number; box: Float32Array }[] = [];
  const corners = (await boxes.data()) as Float32Array;
  for (let classId = 0; classId < classes; classId++) {
    const classScores = tf.tidy(() => column(scores, classId + 1));
    const { topK, nmsThreshold, scoreThreshold } = options;
    const kept = await suppress(boxes, classScores, topK, nmsThreshold, scoreThreshold);
    const [indices, values] = await Promise.all([kept.data(), classScores.data()]);
    for (const i of indices) {
      const [y1, x1, y2, x2] = corners.subarray(4 * i, 4 * i + 4);
      found.push({ score: values[i], classId, box: Float32Array.of(x1, y1, x2, y2) });
    }
    tf.dispose([classScores, kept]);
  }
  tf.dispose([isAlive, where, boxes, scores]);
  found.sort((a, b) => b.score - a.score);
  return { count: Math.min(found.length, options.keepTopK) };
}

/** Boxes of all anchors, refined twice: [N, 4] y1, x1, y2, x2. */
export function decodeCorners({ anchors, armLoc, odmLoc }: SceneTensors): tf.Tensor2D {
  return tf.tidy(() => toCorners(decode(decode(anchors, armLoc), odmLoc)));
}

/** [N, 4] cx, cy, w, h → y1, x1, y2, x2 */
function toCorners(boxes: tf.Tensor2D): tf.Tensor2D {
  const [cx, cy, w, h] = tf.split(boxes, 4, 1);
  const [dx, dy] = [tf.div(w, 2), tf.div(h, 2)];
  const corners = [tf.sub(cy, dy), tf.sub(cx, dx), tf.add(cy, dy), tf.add(cx, dx)];
  return tf.concat(corners as tf.Tensor2D[], 1);
}

function decode(anchors: tf.Tensor2D, offsets: tf.Tensor2D): tf.Tensor2D {
  const [centers, sizes] = tf.split(anchors, 2, 1);
  const [shifts, scales] = tf.split(offsets, 2, 1);
  const moved = tf.add(centers, tf.mul(tf.mul(shifts, 0.1), sizes));
  return tf.concat([moved, tf.mul(sizes, tf.exp(tf.mul(scales, 0.2)))], 1) as tf.Tensor2D;
}

function column(matrix: tf.Tensor2D, index: number): tf.Tensor1D {
  return tf.reshape(tf.slice(matrix, [0, index], [-1, 1]), [-1]);
}
