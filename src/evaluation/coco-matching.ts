/**
 * Matching of the COCO protocol (cocodataset.org, "Detection evaluation"): one class at a time, for
 * every area range and IoU threshold, by the rules of the reference evaluator pycocotools.
 */
import { FALSE_POSITIVE, IGNORED, TRUE_POSITIVE } from './matches.ts';
import { type Buckets, bucketRows, sortByScore } from './order.ts';
import { cocoIou } from './overlap.ts';
import type { DetectionTable, TruthTable } from './tables.ts';

/** 0.50, 0.55 … 0.95, each as numpy's linspace rounds it (0.8999999999999999 among them). */
export const IOU_THRESHOLDS = Float64Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);

/** Area ranges in square pixels; both ends are included. */
const AREA_RANGES = {
  all: [0, 1e5 ** 2],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e5 ** 2],
} as const;
export type AreaName = keyof typeof AREA_RANGES;
const RANGES = Object.values(AREA_RANGES);
export const AREA_NAMES = Object.keys(AREA_RANGES) as AreaName[];

/** Largest number of detections per image and class; AR is also computed for 1 and 10. */
export const MAX_DETECTIONS = 100;

/** Outcomes of one class. n is the number of its detections among the best 100 of their image. */
export interface CocoMatches {
  /** [n] detection rows, highest score first; equal scores by image, then by table order. */
  rows: Int32Array;
  /** [n] rank among the detections of the class in its image; 0 is the best. */
  rank: Uint8Array;
  /** [areas, thresholds, n] outcomes. */
  outcomes: Uint8Array;
  /** [n] ground-truth row matched at IoU 0.5 over all areas; -1 for none. */
  truth: Int32Array;
  /** [areas] number of ground-truth boxes that count. */
  positives: Int32Array;
}

/** Matches the detections `detectionRows` of one class to its ground truth `truthRows`. */
export function matchCocoClass(
  truth: TruthTable,
  truthRows: Int32Array,
  detections: DetectionTable,
  detectionRows: Int32Array,
): CocoMatches {
  const { imageCount } = truth;
  const truthByImage = bucketRows(truthRows, truth.image, imageCount);
  const { rows, rank } = bestPerImage(detections, detectionRows, imageCount);
  const matches: CocoMatches = {
    rows,
    rank,
    outcomes: new Uint8Array(RANGES.length * IOU_THRESHOLDS.length * rows.length),
    truth: new Int32Array(rows.length).fill(-1),
    positives: new Int32Array(RANGES.length),
  };
  const places = bucketRows(
    rows.length,
    rows.map((row) => detections.image[row]),
    imageCount,
  );
  const cell = new Cell(truth, detections, matches);
  for (let image = 0; image < imageCount; image++) cell.match(image, truthByImage, places);
  return matches;
}

/** The best 100 detections of every image in score order, with their rank in the image. */
function bestPerImage(
  { image, score }: DetectionTable,
  detectionRows: Int32Array,
  imageCount: number,
): { rows: Int32Array; rank: Uint8Array } {
  const byImage = bucketRows(detectionRows, image, imageCount).rows;
  const sorted = sortByScore(byImage, score);
  const seen = new Int32Array(imageCount);
  const rank = new Uint8Array(sorted.length);
  let kept = 0;
  for (const row of sorted) {
    const place = seen[image[row]]++;
    if (place >= MAX_DETECTIONS) continue;
    sorted[kept] = row;
    rank[kept++] = place;
  }
  return { rows: sorted.subarray(0, kept), rank: rank.subarray(0, kept) };
}

/** Matches inside one image; keeps its scratch memory between images. */
class Cell {
  readonly #truth: TruthTable;
  readonly #detections: DetectionTable;
  readonly #matches: CocoMatches;
  /** [detections, ground truth] IoU. */
  #iou = new Float64Array(0);

  constructor(truth: TruthTable, detections: DetectionTable, matches: CocoMatches) {
    this.#truth = truth;
    this.#detections = detections;
    this.#matches = matches;
  }

  /** @param places by image, indices into `matches.rows`, best score first */
  match(image: number, truthByImage: Buckets, places: Buckets): void {
    const truthRows = truthByImage.rows.subarray(
      truthByImage.offsets[image],
      truthByImage.offsets[image + 1],
    );
    const own = places.rows.subarray(places.offsets[image], places.offsets[image + 1]);
    this.#computeIou(truthRows, own);
    for (let area = 0; area < RANGES.length; area++) {
      const ordered = this.#countedFirst(truthRows, area);
      this.#matches.positives[area] += ordered.counted;
      for (let t = 0; t < IOU_THRESHOLDS.length; t++) {
        this.#matchAt(truthRows, own, ordered, area, t);
      }
    }
  }

  #computeIou(truthRows: Int32Array, own: Int32Array): void {
    const size = truthRows.length * own.length;
    if (this.#iou.length < size) this.#iou = new Float64Array(size);
    let cell = 0;
    for (const place of own) {
      const row = this.#matches.rows[place];
      for (const truthRow of truthRows) {
        const crowd = this.#truth.crowd[truthRow] === 1;
        this.#iou[cell++] = cocoIou(this.#detections.box, row, this.#truth.box, truthRow, crowd);
      }
    }
  }

  /** Indices into `truthRows`; boxes that count in this area range come first. */
  #countedFirst(truthRows: Int32Array, area: number): { order: number[]; counted: number } {
    const { crowd, difficult, area: areas } = this.#truth;
    const counted: number[] = [];
    const ignored: number[] = [];
    truthRows.forEach((row, i) => {
      const ignore = crowd[row] || difficult[row] || outside(areas[row], area);
      (ignore ? ignored : counted).push(i);
    });
    return { order: [...counted, ...ignored], counted: counted.length };
  }

  /** From the best score down, each detection takes the free box that it overlaps most. */
  #matchAt(
    truthRows: Int32Array,
    own: Int32Array,
    { order, counted }: { order: number[]; counted: number },
    area: number,
    t: number,
  ): void {
    const { rows, outcomes, truth } = this.#matches;
    const { box } = this.#detections;
    const base = (area * IOU_THRESHOLDS.length + t) * rows.length;
    const taken = new Uint8Array(order.length);
    own.forEach((place, d) => {
      const best = this.#bestFree(truthRows, order, counted, taken, d, t);
      if (best < 0) {
        const row = rows[place];
        const unseen = outside(box[row * 4 + 2] * box[row * 4 + 3], area);
        outcomes[base + place] = unseen ? IGNORED : FALSE_POSITIVE;
        return;
      }
      taken[best] = 1;
      outcomes[base + place] = best < counted ? TRUE_POSITIVE : IGNORED;
      if (area === 0 && t === 0) truth[place] = truthRows[order[best]];
    });
  }

  /**
   * Position in `order` of the box that detection `d` matches, or -1. Among equal overlaps the last
   * one wins. Ignored boxes match only when no box that counts does. A crowd region matches any
   * number of detections.
   */
  #bestFree(
    truthRows: Int32Array,
    order: number[],
    counted: number,
    taken: Uint8Array,
    d: number,
    t: number,
  ): number {
    let best = -1;
    let bestIou = IOU_THRESHOLDS[t];
    for (let g = 0; g < order.length; g++) {
      if (g >= counted && best >= 0 && best < counted) break;
      if (taken[g] && !this.#truth.crowd[truthRows[order[g]]]) continue;
      const iou = this.#iou[d * truthRows.length + order[g]];
      if (!(iou >= bestIou)) continue; // NaN matches nothing
      bestIou = iou;
      best = g;
    }
    return best;
  }
}

function outside(squarePixels: number, area: number): boolean {
  return squarePixels < RANGES[area][0] || squarePixels > RANGES[area][1];
}
