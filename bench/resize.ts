/**
 * A 1280×720 picture to normalised 320×320 network input: the kernel against tf.image.resizeBilinear
 * and arithmetic on the same wasm backend, and against a plain TypeScript loop. One thread. The
 * kernel's time includes the copy of the pixels into the heap; for tfjs it is listed separately.
 *
 *     npx tsx --conditions=refinedet-source bench/resize.ts
 */
import * as tf from '@tensorflow/tfjs-core';
import { tensorPointer, wasmRuntime } from '../src/backend/wasm.ts';
import { Preprocessor } from '../src/kernels/resize.ts';
import { measure, printTimings } from './harness.ts';

const [WIDTH, HEIGHT, SIDE] = [1280, 720, 320];
const MEAN = [104, 117, 123];

/** What one would write without wasm: no cache of rows, typed arrays throughout. */
function plainLoop(data: Uint8Array, output: Float32Array): void {
  const [scaleX, scaleY] = [WIDTH / SIDE, HEIGHT / SIDE];
  let target = 0;
  for (let y = 0; y < SIDE; y++) {
    const sy = Math.max(0, (y + 0.5) * scaleY - 0.5);
    const top = Math.floor(sy);
    const bottom = Math.min(top + 1, HEIGHT - 1);
    const wy = sy - top;
    for (let x = 0; x < SIDE; x++) {
      const sx = Math.max(0, (x + 0.5) * scaleX - 0.5);
      const left = Math.floor(sx);
      const right = Math.min(left + 1, WIDTH - 1);
      const wx = sx - left;
      for (let c = 0; c < 3; c++) {
        const channel = 2 - c;
        const a = data[(top * WIDTH + left) * 3 + channel];
        const b = data[(top * WIDTH + right) * 3 + channel];
        const d = data[(bottom * WIDTH + left) * 3 + channel];
        const e = data[(bottom * WIDTH + right) * 3 + channel];
        const upper = a + (b - a) * wx;
        const lower = d + (e - d) * wx;
        output[target++] = upper + (lower - upper) * wy - MEAN[c];
      }
    }
  }
}

function withTensorflow(pixels: tf.Tensor3D): tf.Tensor {
  return tf.tidy(() => {
    const resized = tf.image.resizeBilinear(pixels, [SIDE, SIDE], false, true);
    return tf.sub(tf.reverse(resized, -1), tf.tensor1d(MEAN));
  });
}

const { kernels } = await wasmRuntime(1);
const length = WIDTH * HEIGHT * 3;
const data = Uint8Array.from({ length }, (_, i) => Math.imul(i, 2654435761) >>> 24);
const preprocessor = new Preprocessor(kernels);
const image = { data, width: WIDTH, height: HEIGHT, channels: 3 } as const;
const input = tf.zeros([1, SIDE, SIDE, 3]);
const target = { pointer: tensorPointer(input), width: SIDE, height: SIDE };
const options = { mean: MEAN, std: [1, 1, 1], channelOrder: 'BGR' } as const;
const uploaded = tf.tensor3d(data, [HEIGHT, WIDTH, 3], 'int32');
const output = new Float32Array(SIDE * SIDE * 3);

const timings = await measure([
  { name: 'kernel', run: () => preprocessor.run(image, target, options) },
  { name: 'tfjs, pixels already a tensor', run: () => withTensorflow(uploaded).dispose() },
  {
    name: 'tfjs, from bytes',
    run: () =>
      tf.tidy(() => {
        withTensorflow(tf.tensor3d(data, [HEIGHT, WIDTH, 3], 'int32'));
      }),
  },
  { name: 'plain TypeScript', run: () => plainLoop(data, output) },
]);
printTimings(`${WIDTH}×${HEIGHT} to ${SIDE}×${SIDE}`, timings);

const expected = withTensorflow(uploaded).dataSync<'float32'>();
const result = input.dataSync<'float32'>();
const difference = result.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
console.log(`\nLargest difference to tfjs: ${difference}`);
