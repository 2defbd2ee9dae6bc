/** Input and result of the writers of all formats. */
import type { Dataset, DatasetImage } from './dataset-types.ts';

/** What a writer did with the boxes. */
export interface WrittenBoxes {
  /** Written. */
  boxes: number;
  /** One sentence for everything that the format cannot hold. */
  losses: string[];
}

/** Splits with one class list, and the folder to write to. */
export interface WriteJob {
  splits: readonly Dataset[];
  classes: readonly string[];
  folder: string;
  /** Puts the image of an image below `folder`. */
  placeImage(image: DatasetImage, name: string): Promise<void>;
}
