/** Numbers about a dataset: what there is to learn from, and whether the anchors can reach it. */

import type { Dataset, DatasetImage, GroundTruth } from '../dataset-types.ts';
import type { ImageSize } from '../image-size.ts';
import { anchorFit, normalizeBox } from './anchor-fit.ts';
import type { ImageFiles } from './check-images.ts';

/** Boxes of a class. */
export interface ClassCount {
  boxes: number;
  /** Number of `boxes` that are difficult. */
  difficult: number;
  /** Images that show the class. */
  images: number;
}

/** A split in numbers. */
export interface SplitStats extends ClassCount {
  crowd: number;
  imagesWithoutBoxes: number;
  perClass: Record<string, ClassCount>;
}

/** How many boxes some anchor overlaps by more than half. */
export interface MatchCount {
  boxes: number;
  matched: number;
}

export interface SizeBin extends MatchCount {
  /** Side of a square of the same area after resizing to the input, pixels; `to` is exclusive. */
  from: number;
  /** null: no limit. */
  to: number | null;
}

export interface AnchorStats extends MatchCount {
  preset: string;
  /** Pixels a side. */
  inputSize: number;
  perClass: Record<string, MatchCount>;
  perSize: SizeBin[];
}

/** A dataset in numbers. */
export interface DatasetStats {
  splits: Record<string, SplitStats>;
  /** Over all splits, without crowd regions and unreadable images. */
  anchors: AnchorStats;
}

/** As in training: an anchor takes a box when they overlap by more than this. */
const MATCH_IOU = 0.5;

const SIZE_EDGES = [0, 16, 32, 64, 128, 256, 512];

/** @param splits with one class list */
export function datasetStats(
  splits: readonly Dataset[],
  imageFiles: ImageFiles,
  preset: { name: string; inputSize: number },
): DatasetStats {
  return {
    // fromEntries defines properties: a class may be called __proto__.
    splits: Object.fromEntries(splits.map((split) => [split.split, splitStats(split)])),
    anchors: anchorStats(splits, imageFiles, preset),
  };
}

function splitStats({ classes, images }: Dataset): SplitStats {
  const truths = images.flatMap(({ boxes }) => boxes);
  const perClass: ClassCount[] = classes.map(() => ({ boxes: 0, difficult: 0, images: 0 }));
  for (const { boxes } of images) {
    for (const { classId, difficult } of boxes) {
      perClass[classId].boxes++;
      if (difficult) perClass[classId].difficult++;
    }
    for (const classId of new Set(boxes.map((truth) => truth.classId))) perClass[classId].images++;
  }
  return {
    images: images.length,
    boxes: truths.length,
    difficult: truths.filter(({ difficult }) => difficult).length,
    crowd: truths.filter(({ crowd }) => crowd).length,
    imagesWithoutBoxes: images.filter(({ boxes }) => boxes.length === 0).length,
    perClass: Object.fromEntries(classes.map((name, i) => [name, perClass[i]])),
  };
}

function anchorStats(
  splits: readonly Dataset[],
  imageFiles: ImageFiles,
  { name, inputSize }: { name: string; inputSize: number },
): AnchorStats {
  const [{ classes }] = splits;
  const bestIou = anchorFit(inputSize);
  const total: MatchCount = { boxes: 0, matched: 0 };
  const perClass = classes.map((): MatchCount => ({ boxes: 0, matched: 0 }));
  const perSize = SIZE_EDGES.map((from, i): SizeBin => {
    return { from, to: SIZE_EDGES[i + 1] ?? null, boxes: 0, matched: 0 };
  });
  for (const { truth, size } of learnable(splits, imageFiles)) {
    const box = normalizeBox(truth.box, size);
    const side = inputSize * Math.sqrt(box[2] * box[3]);
    const matched = bestIou(box) > MATCH_IOU;
    const bin = perSize.findLast(({ from }) => side >= from)!;
    for (const count of [total, perClass[truth.classId], bin]) {
      count.boxes++;
      if (matched) count.matched++;
    }
  }
  return {
    preset: name,
    inputSize,
    ...total,
    perClass: Object.fromEntries(classes.map((label, i) => [label, perClass[i]])),
    perSize,
  };
}

function* learnable(
  splits: readonly Dataset[],
  imageFiles: ImageFiles,
): Generator<{ truth: GroundTruth; size: ImageSize }> {
  for (const image of splits.flatMap(({ images }) => images)) {
    const size = knownSize(image, imageFiles);
    if (!size) continue;
    for (const truth of image.boxes) if (!truth.crowd) yield { truth, size };
  }
}

/** The image's size, else what the annotation says. */
export function knownSize(image: DatasetImage, imageFiles: ImageFiles): ImageSize | undefined {
  const size = imageFiles.get(image.path)?.size;
  if (size) return size;
  const { width, height } = image;
  return width !== undefined && height !== undefined ? { width, height } : undefined;
}
