/** The four heads of the network: two modules, ARM and ODM, with box offsets and class scores each. */

/** In the order in which they are listed everywhere. */
export const HEAD_NAMES = ['armLoc', 'armConf', 'odmLoc', 'odmConf'] as const;

export type HeadName = (typeof HEAD_NAMES)[number];

/**
 * One value for each head: tensors, arrays, addresses, layer names. As tensors, the heads of B images
 * with N anchors and K object classes are raw outputs, before any softmax.
 */
export interface HeadMap<T> {
  /** ARM offsets [B, N, 4]. */
  armLoc: T;
  /** ARM logits [B, N, 2]: background, foreground. */
  armConf: T;
  /** ODM offsets [B, N, 4]. */
  odmLoc: T;
  /** ODM logits [B, N, K + 1]: background, classes. */
  odmConf: T;
}

/** Builds a head map from the value of each head. */
export function byHead<T>(value: (name: HeadName, index: number) => T): HeadMap<T> {
  const [armLoc, armConf, odmLoc, odmConf] = HEAD_NAMES.map(value);
  return { armLoc, armConf, odmLoc, odmConf };
}

/**
 * Numbers per anchor.
 * @param numClasses background included (K + 1)
 */
export function headWidths(numClasses: number): HeadMap<number> {
  return { armLoc: 4, armConf: 2, odmLoc: 4, odmConf: numClasses };
}

/** @param numClasses background included (K + 1) */
export function headShapes(
  images: number,
  anchors: number,
  numClasses: number,
): HeadMap<[number, number, number]> {
  const widths = headWidths(numClasses);
  return byHead((name) => [images, anchors, widths[name]]);
}
