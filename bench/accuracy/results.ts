/** Results of bench/accuracy.ts; its JSON file holds a list of these. */

export interface Accuracy {
  /** Name of the detector. */
  name: string;
  /** Size of its weight file in bytes. */
  bytes: number;
  /** Median time to load it on a running backend. */
  loadMs: number;
  /** Results in the order of the splits; null for a split that the detector was trained on. */
  splits: (SplitAccuracy | null)[];
}

type PerClass = Record<string, number>;

export interface SplitAccuracy {
  data: string;
  images: number;
  /** Number of boxes that count, for each class of the detector. */
  boxes: PerClass;
  /** AP at IoU 0.5 by PASCAL VOC 2007's eleven points. */
  voc07: PerClass;
  /** AP at IoU 0.5, area under the curve. */
  voc12: PerClass;
  /** AP at IoU 0.50:0.05:0.95. */
  coco: PerClass;
  /** Time per image, including decoding. */
  millisecondsAImage: number;
}
