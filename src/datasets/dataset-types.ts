/** The in-memory form of every dataset. Pixels stay on disk: an image is known by its path. */
import type { Box } from '../boxes.ts';
import type { Finding } from './check/findings.ts';

export type { Finding, Severity } from './check/findings.ts';

/** The formats that are read and written. */
export const WRITTEN_FORMATS = ['voc', 'coco', 'yolo'] as const;
/** The formats that are read. */
export const DATASET_FORMATS = [
  ...WRITTEN_FORMATS,
  'labelme',
  'cvat',
  'labelstudio',
  'openimages',
] as const;
/** A format that is read and written. */
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number];
/** A format that is read. */
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** A number or a text; two that read the same are one id. */
export type Id = string | number;

/** What two ids that are the same have in common: tools write `7` and `"7"` for one thing. */
export const idKey = (id: Id): string => String(id).trim();

/** One annotated object. */
export interface GroundTruth {
  /** Index into {@link Dataset.classes}. */
  classId: number;
  /**
   * Source-image pixels in continuous coordinates: the image spans [0, width] × [0, height].
   * `width` and `height` are finite and positive in every loaded dataset (zero-area and inverted
   * boxes are left out and listed in {@link Dataset.warnings}); the box may overhang the image.
   *
   * COCO's x, y, width, height are taken as they are. YOLO's center and size are multiplied by the
   * image size. PASCAL VOC's corners name the first and the last pixel, counted from 1, so
   * x = xmin − 1, y = ymin − 1, width = xmax − xmin + 1, height = ymax − ymin + 1: `vocCorners`
   * returns the raw corners (exactly for whole numbers, within a rounding of a double otherwise).
   */
  box: Box;
  /** VOC `difficult`: the VOC metric neither rewards nor punishes its detection. */
  difficult: boolean;
  /** COCO `iscrowd`: a region of many objects, ignored by the COCO metric; never trained on. */
  crowd: boolean;
  /** COCO `area` in square pixels (of the segmentation, not of the box), where the file has it. */
  area?: number;
  /** COCO annotation id. */
  id?: Id;
  /** 1-based line of the object in {@link DatasetImage.annotationPath} (VOC and YOLO). */
  line?: number;
}

/** One image and its boxes. */
export interface DatasetImage {
  /** COCO: the numeric image id. VOC: the name in ImageSets. YOLO: `fileName` less its extension. */
  id: Id;
  /** Relative to the image folder of the split, with forward slashes. Never leaves that folder. */
  fileName: string;
  /** Absolute path of the image. Not opened on load: it may be missing. */
  path: string;
  /** File that the boxes come from, absolute: VOC XML, YOLO txt or the COCO JSON. */
  annotationPath: string;
  /** Pixels as the annotation states them; absent when it does not (`imageSize` reads the header). */
  width?: number;
  height?: number;
  /** Empty for an image that shows no object of `classes`. */
  boxes: GroundTruth[];
}

/** One split of a dataset, or several joined. */
export interface Dataset {
  /** Last folder of `root`, for titles. */
  name: string;
  /** Absolute folder (of the first part, for joined sets). */
  root: string;
  format: DatasetFormat;
  /** Such as `train`, `val2017`, `train+val`. */
  split: string;
  /** Class names without background; `classId` is the index. */
  classes: string[];
  /** COCO only: category id of each class, parallel to `classes`. */
  categoryIds?: Id[];
  /** COCO only: by the trimmed text of an id, category ids of a class that has another one in `categoryIds`. */
  categoryAliases?: ReadonlyMap<string, Id>;
  images: DatasetImage[];
  /** What was left out while reading, one entry per box. */
  warnings: Finding[];
}
