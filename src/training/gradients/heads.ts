/** Between the maps of the head convolutions and the joined heads that a loss reads. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../../model/graph.ts';
import { type Heads, type LevelHeads, levelHeads } from '../../model/run.ts';

const HEADS = ['armLoc', 'armConf', 'odmLoc', 'odmConf'] as const;

/** Gradients of the head maps, by name, from those of the joined heads; the inverse of joining. */
export function splitLevels(
  graph: Graph,
  maps: ReadonlyMap<string, tf.Tensor4D>,
  joined: Heads,
): Map<string, tf.Tensor4D> {
  const levels = levelHeads(graph, maps);
  const gradients = new Map<string, tf.Tensor4D>();
  for (const head of HEADS) {
    const [batch, , width] = joined[head].shape;
    let first = 0;
    levels.forEach((level: LevelHeads, i) => {
      const { shape, size } = level[head];
      const count = size / (batch * width);
      const begin = [0, first, 0];
      const map = tf.tidy(() =>
        tf.reshape<tf.Rank.R4>(tf.slice(joined[head], begin, [batch, count, width]), shape),
      );
      gradients.set(graph.heads[head][i], map);
      first += count;
    });
  }
  return gradients;
}

/** One tensor [B, N, 4 + 2 + 4 + K + 1] that holds all heads side by side. */
export function packHeads(heads: Heads): tf.Tensor3D {
  return tf.concat(
    HEADS.map((head) => heads[head]),
    2,
  );
}

export function unpackHeads(packed: tf.Tensor3D, numClasses: number): Heads {
  const widths = [4, 2, 4, numClasses];
  const [armLoc, armConf, odmLoc, odmConf] = tf.split(packed, widths, 2) as tf.Tensor3D[];
  return { armLoc, armConf, odmLoc, odmConf };
}
