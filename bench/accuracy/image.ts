/** Reads image files as tensors, for detectors made of tfjs operations. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { decodeImage } from '../../src/image/node/decode.ts';

export interface Image {
  /** [1, height, width, 3], 0 to 255; the caller disposes it. */
  pixels: tf.Tensor4D;
  width: number;
  height: number;
}

export async function readImage(file: string): Promise<Image> {
  const { data, width, height, channels } = await decodeImage(await readFile(file));
  const pixels = tf.tidy(() => {
    const image = tf.tensor4d(new Uint8Array(data), [1, height, width, channels], 'int32');
    return tf.cast(tf.slice(image, [0, 0, 0, 0], [1, height, width, 3]), 'float32');
  });
  return { pixels, width, height };
}
