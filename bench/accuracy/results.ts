/** What bench/accuracy.ts finds out; its JSON file holds a list of these. */

export interface Accuracy {
  /** Of the detector. */
  name: string;
  /** Size of its weight file. */
  bytes: number;
  /** Median time to load it, backend already started. */
  loadMs: number;
  /** By the order of the splits; null where the detector has been trained on one. */
  splits: (SplitAccuracy | null)[];
}

type PerClass = Record<string, number>;

export interface SplitAccuracy {
  data: string;
  images: number;
  /** Boxes that count, of each class that the detector knows. */
  boxes: PerClass;
  /** AP at IoU 0.5 by PASCAL VOC 2007's eleven points. */
  voc07: PerClass;
  /** AP at IoU 0.5, area under the curve. */
  voc12: PerClass;
  /** AP at IoU 0.50:0.05:0.95. */
  coco: PerClass;
  /** Decoding included. */
  millisecondsAImage: number;
}
