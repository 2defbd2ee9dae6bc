/**
 * Converts head outputs to detections like @tensorflow-models/coco-ssd: decodes and downloads everything,
 * finds the best class of every box in JavaScript, and keeps at most 20 boxes with one NMS over all
 * classes; the score threshold is also its IoU threshold.
 */
import * as tf from '@tensorflow/tfjs-core';
import { decodeCorners, type SceneTensors } from './tfjs-postprocess.ts';

/** The defaults of that package. */
const MAX_BOXES = 20;
const MIN_SCORE = 0.5;

export function cocoSsdPostprocess(heads: SceneTensors): { count: number } {
  const [boxes, scores] = tf.tidy(() => [decodeCorners(heads), tf.softmax(heads.odmConf)]);
  const values = scores.dataSync<'float32'>();
  const best = bestObjectScores(values, heads.odmConf.shape[1]);
  const kept = tf.tidy(() => {
    const table = tf.tensor2d(boxes.dataSync(), boxes.shape as [number, number]);
    return tf.image.nonMaxSuppression(table, best, MAX_BOXES, MIN_SCORE, MIN_SCORE).dataSync();
  });
  tf.dispose([boxes, scores]);
  return { count: kept.length };
}

/** Largest class probability of every box, without background, which is the first class. */
function bestObjectScores(probabilities: Float32Array, width: number): Float32Array {
  const best = new Float32Array(probabilities.length / width);
  for (let i = 0; i < best.length; i++) {
    for (let c = 1; c < width; c++) best[i] = Math.max(best[i], probabilities[i * width + c]);
  }
  return best;
}
