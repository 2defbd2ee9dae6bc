/**
 * Input of the evaluators: boxes in columns, one row per box. Classes and images are
 * indices; their names and ids stay with the dataset.
 */
import type { Dataset } from '../datasets/dataset-types.ts';

/** Ground truth in columns. Boxes are x, y, width, height in source-image pixels. */
export interface TruthTable {
  classCount: number;
  imageCount: number;
  /** [rows] index of the image. */
  image: Int32Array;
  /** [rows] index of the class. */
  classId: Int32Array;
  /** [rows, 4] x, y, width, height. */
  box: Float64Array;
  /** [rows] area in square pixels, of the segmentation where the dataset has it. */
  area: Float64Array;
  /** [rows] 1 for a region of many objects. */
  crowd: Uint8Array;
  /** [rows] 1 for a box that does not count (VOC `difficult`). */
  difficult: Uint8Array;
}

/** Detections in columns, in the order they were added: it decides between equal scores. */
export interface DetectionTable {
  /** [rows] index of the image. */
  image: Int32Array;
  /** [rows] index of the class. */
  classId: Int32Array;
  /** [rows] confidence; float64, because rounding to float32 creates new ties. */
  score: Float64Array;
  /** [rows, 4] x, y, width, height in source-image pixels. */
  box: Float64Array;
}

/** The boxes of a dataset in columns, with the dataset's order of images and classes. */
export function truthTable(dataset: Dataset): TruthTable {
  const rows = dataset.images.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const table: TruthTable = {
    classCount: dataset.classes.length,
    imageCount: dataset.images.length,
    image: new Int32Array(rows),
    classId: new Int32Array(rows),
    box: new Float64Array(rows * 4),
    area: new Float64Array(rows),
    crowd: new Uint8Array(rows),
    difficult: new Uint8Array(rows),
  };
  let row = 0;
  dataset.images.forEach(({ boxes }, image) => {
    for (const { classId, box, area, crowd, difficult } of boxes) {
      table.image[row] = image;
      table.classId[row] = classId;
      table.box.set([box.x, box.y, box.width, box.height], row * 4);
      table.area[row] = area ?? box.width * box.height;
      table.crowd[row] = Number(crowd);
      table.difficult[row] = Number(difficult);
      row++;
    }
  });
  return table;
}
