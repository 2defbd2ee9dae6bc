/** Converts between the maps of the head convolutions and the joined heads that a loss reads. */
import * as tf from '@tensorflow/tfjs-core';
import { byHead, HEAD_NAMES, type HeadMap, headWidths } from '../../heads.ts';
import type { Graph } from '../../model/graph.ts';
import { levelHeads } from '../../model/network.ts';

/** Gradients of the head maps, by name, from those of the joined heads; the inverse of joining. */
export function splitLevels(
  graph: Graph,
  maps: ReadonlyMap<string, tf.Tensor4D>,
  joined: HeadMap<tf.Tensor3D>,
): Map<string, tf.Tensor4D> {
  const levels = levelHeads(graph, maps);
  const gradients = new Map<string, tf.Tensor4D>();
  for (const head of HEAD_NAMES) {
    const [batch, anchors, width] = joined[head].shape;
    let first = 0;
    // As a matrix, which tfjs slices in a few long copies.
    const rows = tf.reshape<tf.Rank.R2>(joined[head], [batch, anchors * width]);
    levels.forEach((level: HeadMap<tf.Tensor4D>, i) => {
      const { shape, size } = level[head];
      const count = size / batch;
      const map = tf.tidy(() =>
        tf.reshape<tf.Rank.R4>(tf.slice2d(rows, [0, first], [batch, count]), shape),
      );
      gradients.set(graph.heads[head][i], map);
      first += count;
    });
    rows.dispose();
  }
  return gradients;
}

/** Joins all heads side by side in one tensor [B, N, 4 + 2 + 4 + K + 1]. */
export function packHeads(heads: HeadMap<tf.Tensor3D>): tf.Tensor3D {
  return tf.concat(
    HEAD_NAMES.map((head) => heads[head]),
    2,
  );
}

/** Splits such a tensor into its heads; its gradient needs no more of tfjs than the core. */
export function unpackHeads(packed: tf.Tensor3D, numClasses: number): HeadMap<tf.Tensor3D> {
  const width = packed.shape[2];
  const cut = (from: number, size: number): tf.Tensor3D =>
    tf.customGrad((x) => ({
      value: tf.slice(x as tf.Tensor3D, [0, 0, from], [-1, -1, size]),
      gradFunc: (dy) =>
        tf.pad(dy, [
          [0, 0],
          [0, 0],
          [from, width - from - size],
        ]),
    }))(packed) as tf.Tensor3D;
  const widths = headWidths(numClasses);
  let end = 0;
  return byHead((name) => {
    end += widths[name];
    return cut(end - widths[name], widths[name]);
  });
}
