/** Generates images of colored shapes with their boxes: training data without a download. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Dataset, GroundTruth } from '../../src/datasets/dataset-types.ts';
import { encodeImage } from '../../src/image/node/encode.ts';
import type { RawImage } from '../../src/image/raw-image.ts';
import { deriveRandom, type Random } from '../../src/random.ts';

export const SHAPE_CLASSES = ['square', 'disc'];
const COLORS = [
  [220, 40, 30],
  [30, 70, 220],
] as const;

/**
 * Writes PNG images into a folder, each with one shape of each class.
 * @param side side of the images in pixels
 */
export async function shapesDataset(folder: string, count: number, side = 128): Promise<Dataset> {
  const images: Dataset['images'] = [];
  for (let i = 0; i < count; i++) {
    const random = deriveRandom(77, i);
    const { image, boxes } = drawShapes(random, side);
    const fileName = `shapes${i}.png`;
    const file = path.join(folder, fileName);
    writeFileSync(file, await encodeImage(image, 'png'));
    images.push({
      id: i,
      fileName,
      path: file,
      annotationPath: file,
      width: side,
      height: side,
      boxes,
    });
  }
  const about = { name: 'shapes', root: folder, format: 'coco', split: 'train' } as const;
  return { ...about, classes: SHAPE_CLASSES, images, warnings: [] };
}

/** Writes the same dataset as a COCO file next to the images. */
export function writeCoco(folder: string, { classes, images }: Dataset): string {
  const file = path.join(folder, 'shapes.json');
  const annotations = images.flatMap(({ boxes }, image) =>
    boxes.map(({ classId, box: { x, y, width, height } }, i) => ({
      id: 100 * image + i + 1,
      image_id: image + 1,
      category_id: classId + 1,
      bbox: [x, y, width, height],
      area: width * height,
      iscrowd: 0,
    })),
  );
  const content = {
    images: images.map(({ fileName, width, height }, i) => ({
      id: i + 1,
      file_name: fileName,
      width,
      height,
    })),
    annotations,
    categories: classes.map((name, i) => ({ id: i + 1, name })),
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function drawShapes(random: Random, side: number): { image: RawImage; boxes: GroundTruth[] } {
  const data = new Uint8Array(3 * side * side);
  for (let i = 0; i < data.length; i++) data[i] = 110 + random.integer(40);
  // Each class stays in its own half, so that shapes never cover each other.
  const boxes = SHAPE_CLASSES.map((_, classId): GroundTruth => {
    const size = Math.round(random.between(0.25, 0.42) * side);
    const box = {
      x: Math.round(random.between(0, side - size)),
      y: Math.round(random.between(0, side / 2 - size) + (classId * side) / 2),
      width: size,
      height: size,
    };
    paint(data, side, box, classId);
    return { classId, box, difficult: false, crowd: false };
  });
  return { image: { data, width: side, height: side, channels: 3 }, boxes };
}

function paint(data: Uint8Array, side: number, box: GroundTruth['box'], classId: number): void {
  const radius = box.width / 2;
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const isIn = classId === 0 || Math.hypot(x + 0.5 - radius, y + 0.5 - radius) <= radius;
      if (isIn) data.set(COLORS[classId], 3 * ((box.y + y) * side + box.x + x));
    }
  }
}
