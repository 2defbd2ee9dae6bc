/** Records of one image file as one image: formats with one label file an image hold no more. */
import type { DatasetImage, GroundTruth } from './dataset-types.ts';

/**
 * Images by file: the first record of each, with the boxes of all. A box that two records have is one.
 * @returns the images, and how many records are gone
 */
export function mergeRecords(images: readonly DatasetImage[]): {
  images: DatasetImage[];
  merged: number;
} {
  const byPath = new Map<string, DatasetImage>();
  for (const image of images) {
    const first = byPath.get(image.path);
    const more = first && withoutKnown(image.boxes, first.boxes);
    byPath.set(image.path, first ? { ...first, boxes: [...first.boxes, ...more!] } : image);
  }
  return { images: [...byPath.values()], merged: images.length - byPath.size };
}

function withoutKnown(boxes: readonly GroundTruth[], known: readonly GroundTruth[]): GroundTruth[] {
  const keys = new Set(known.map(boxKey));
  return boxes.filter((truth) => !keys.has(boxKey(truth)));
}

const boxKey = ({ classId, box: { x, y, width, height } }: GroundTruth): string =>
  [classId, x, y, width, height].join();
