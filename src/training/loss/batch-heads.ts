/** The four outputs of the network for a batch. */
import { HEAD_NAMES } from '../../model/network.ts';

/** The four outputs of the network for B images, N anchors, K object classes; raw logits. */
export interface BatchHeads<T> {
  /** [B, N, 4] */
  armLoc: T;
  /** [B, N, 2] background, foreground */
  armConf: T;
  /** [B, N, 4] */
  odmLoc: T;
  /** [B, N, K + 1] background, classes */
  odmConf: T;
}

export function byHead<T>(value: (name: keyof BatchHeads<T>, index: number) => T): BatchHeads<T> {
  const [armLoc, armConf, odmLoc, odmConf] = HEAD_NAMES.map(value);
  return { armLoc, armConf, odmLoc, odmConf };
}

/** @param numClasses number of classes with background (K + 1) */
export function headShapes(
  images: number,
  anchors: number,
  numClasses: number,
): BatchHeads<[number, number, number]> {
  const widths = { armLoc: 4, armConf: 2, odmLoc: 4, odmConf: numClasses };
  return byHead((name) => [images, anchors, widths[name]]);
}
