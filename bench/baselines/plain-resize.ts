/** A typical resize without wasm: no cache of rows, one pixel after another. */
import type { RawImage } from '../../src/image/raw-image.ts';
import type { ModelConfig } from '../../src/model/model.ts';

export type Normalization = Pick<ModelConfig, 'mean' | 'std' | 'channelOrder'>;

/**
 * Bilinear with half-pixel centers.
 * @param image RGB
 * @param output [targetHeight, targetWidth, 3], normalized
 */
export function plainResize(
  { data, width, height }: RawImage,
  [targetWidth, targetHeight]: readonly [number, number],
  { mean, std, channelOrder }: Normalization,
  output: Float32Array,
): void {
  const [scaleX, scaleY] = [width / targetWidth, height / targetHeight];
  const order = channelOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  let target = 0;
  for (let y = 0; y < targetHeight; y++) {
    const sy = Math.max(0, (y + 0.5) * scaleY - 0.5);
    const top = Math.floor(sy);
    const bottom = Math.min(top + 1, height - 1);
    const wy = sy - top;
    for (let x = 0; x < targetWidth; x++) {
      const sx = Math.max(0, (x + 0.5) * scaleX - 0.5);
      const left = Math.floor(sx);
      const right = Math.min(left + 1, width - 1);
      const wx = sx - left;
      for (let c = 0; c < 3; c++) {
        const channel = order[c];
        const a = data[(top * width + left) * 3 + channel];
        const b = data[(top * width + right) * 3 + channel];
        const d = data[(bottom * width + left) * 3 + channel];
        const e = data[(bottom * width + right) * 3 + channel];
        const upper = a + (b - a) * wx;
        const lower = d + (e - d) * wx;
        output[target++] = (upper + (lower - upper) * wy - mean[c]) / std[c];
      }
    }
  }
}

/** Converts pixels that already have the right size. */
export function plainNormalize(
  pixels: Uint8Array,
  { mean, std, channelOrder }: Normalization,
  output: Float32Array,
): void {
  const order = channelOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  for (let i = 0; i < output.length; i += 3) {
    for (let c = 0; c < 3; c++) output[i + c] = (pixels[i + order[c]] - mean[c]) / std[c];
  }
}
