/** Spreads maps out with zeros, so that the gradient of a strided convolution is a plain convolution. */
import * as tf from '@tensorflow/tfjs-core';

/** Zeros to add before and after; a negative number cuts off rows or columns. */
export type Margin = readonly [before: number, after: number];

/**
 * Puts `stride - 1` zeros between neighbors, then adds the margins.
 * @param x [B, h, w, C] → [B, (h - 1) · stride + 1 + margins, …, C]
 */
export function dilate(
  x: tf.Tensor4D,
  stride: number,
  vertical: Margin,
  horizontal: Margin,
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    let spread = x;
    if (stride > 1) {
      // Three axes at a time: few backends pad more than four.
      const gap: [number, number] = [0, stride - 1];
      const columns = tf.pad3d(tf.reshape(x, [batch * height * width, 1, channels]), [
        [0, 0],
        gap,
        [0, 0],
      ]);
      const rows = tf.pad3d(tf.reshape(columns, [batch * height, 1, width * stride * channels]), [
        [0, 0],
        gap,
        [0, 0],
      ]);
      const loose = tf.reshape<tf.Rank.R4>(rows, [
        batch,
        height * stride,
        width * stride,
        channels,
      ]);
      // The zeros after the last row and column do not lie between neighbors.
      spread = padOrCrop(loose, [0, 1 - stride], [0, 1 - stride]);
    }
    return padOrCrop(spread, vertical, horizontal);
  });
}

/** Adds zeros around the maps; negative margins cut off rows or columns. */
export function padOrCrop(x: tf.Tensor4D, vertical: Margin, horizontal: Margin): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const cut = (margin: Margin, size: number) => {
    const [before, after] = margin.map((n) => Math.max(0, -n));
    return { from: before, size: size - before - after };
  };
  const add = (margin: Margin) => margin.map((n) => Math.max(0, n)) as [number, number];
  const rows = cut(vertical, height);
  const columns = cut(horizontal, width);
  return tf.tidy(() => {
    const inner =
      rows.size === height && columns.size === width
        ? x
        : tf.slice(x, [0, rows.from, columns.from, 0], [batch, rows.size, columns.size, channels]);
    const [top, bottom] = add(vertical);
    const [left, right] = add(horizontal);
    return top + bottom + left + right === 0
      ? tf.clone(inner)
      : tf.pad4d(inner, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
  });
}
