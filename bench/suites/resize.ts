/** From pixels to network input. */
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { tensorPointer, wasmRuntime } from '../../src/backend/wasm.ts';
import { Preprocessor } from '../../src/kernels/resize.ts';
import { plainNormalize, plainResize } from '../baselines/plain-resize.ts';
import { measure } from '../harness.ts';
import type { Suite } from '../suite.ts';

const [WIDTH, HEIGHT, SIDE] = [1280, 720, 320];
const HOW = { mean: [104, 117, 123], std: [1, 1, 1], channelOrder: 'BGR' } as const;
/** Tolerance for float32 arithmetic in another order. */
const TOLERANCE = 1e-3;

export const suite: Suite = {
  title: 'Resize and normalize',
  about:
    `An image of ${WIDTH}×${HEIGHT} RGB bytes to ${SIDE}×${SIDE} BGR floats minus the mean, bilinear ` +
    'with half-pixel centers, one thread. The kernel’s time includes the copy of the pixels into the ' +
    'wasm heap; for tfjs it is listed separately. sharp is native code; its result goes through a plain ' +
    'loop of additions, and its filter differs.',
  async run(options) {
    const { kernels } = await wasmRuntime(1);
    const length = WIDTH * HEIGHT * 3;
    const data = Uint8Array.from({ length }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    const preprocessor = new Preprocessor(kernels);
    const image = { data, width: WIDTH, height: HEIGHT, channels: 3 } as const;
    const input = tf.zeros([1, SIDE, SIDE, 3]);
    const target = { pointer: tensorPointer(input), width: SIDE, height: SIDE };
    const uploaded = tf.tensor3d(data, [HEIGHT, WIDTH, 3], 'int32');
    const output = new Float32Array(SIDE * SIDE * 3);
    sharp.concurrency(1);
    const cases = await measure(
      [
        { name: 'kernel', run: () => preprocessor.run(image, target, HOW) },
        { name: 'tfjs, from a tensor', run: () => withTensorflow(uploaded).dispose() },
        {
          name: 'tfjs, from bytes',
          run: () =>
            tf.tidy(() => void withTensorflow(tf.tensor3d(data, [HEIGHT, WIDTH, 3], 'int32'))),
        },
        { name: 'plain TypeScript', run: () => plainResize(image, [SIDE, SIDE], HOW, output) },
        { name: 'sharp and a loop', run: () => withSharp(data, output) },
      ],
      options,
    );
    requireSame(input.dataSync<'float32'>(), withTensorflow(uploaded).dataSync<'float32'>());
    preprocessor.dispose();
    tf.dispose([input, uploaded]);
    return [{ title: `${WIDTH}×${HEIGHT} to ${SIDE}×${SIDE}`, unit: 'ms', cases }];
  },
};

function withTensorflow(pixels: tf.Tensor3D): tf.Tensor {
  return tf.tidy(() => {
    const resized = tf.image.resizeBilinear(pixels, [SIDE, SIDE], false, true);
    return tf.sub(tf.reverse(resized, -1), tf.tensor1d([...HOW.mean]));
  });
}

async function withSharp(data: Uint8Array, output: Float32Array): Promise<void> {
  const image = sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const pixels = await image.resize(SIDE, SIDE, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
  plainNormalize(pixels, HOW, output);
}

function requireSame(actual: Float32Array, expected: Float32Array): void {
  const difference = actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
  if (difference > TOLERANCE) throw new Error(`the kernel differs from tfjs by ${difference}`);
}
