/** Writes YOLO: data.yaml, images/SPLIT and labels/SPLIT. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { RefineDetError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { mapConcurrently } from '../dataset-files.ts';
import { canonicalSplit } from '../dataset-source.ts';
import type { Dataset, GroundTruth } from '../dataset-types.ts';
import { type ImageSize, imageSize } from '../image-size.ts';
import type { WriteJob, WrittenBoxes } from '../write-job.ts';
import { distinctNames } from '../write-names.ts';
import { labelPath } from './label-path.ts';

/** 1e-8 of the widest image is far below a thousandth of a pixel. */
const DECIMALS = 8;

export async function writeYolo({
  splits,
  classes,
  folder,
  placeImage,
}: WriteJob): Promise<WrittenBoxes> {
  const keys = splitKeys(splits);
  await writeFile(path.join(folder, 'data.yaml'), configYaml(keys, classes));
  for (const [i, { images }] of splits.entries()) {
    const names = distinctNames(images);
    await makeFolder(path.join(folder, 'labels', keys[i]));
    await mapConcurrently(images, async (image) => {
      const name = names.get(image)!;
      const imageFile = path.join('images', keys[i], name);
      const file = labelPath(path.join(folder, imageFile));
      const truths = image.boxes.filter(({ crowd }) => !crowd);
      const size = truths.length > 0 ? await imageSize(image) : undefined;
      const lines = truths.map((truth) => labelLine(truth, size!));
      await makeFolder(path.dirname(file));
      await writeFile(file, lines.join(''));
      await placeImage(image, imageFile);
    });
  }
  return countBoxes(splits.flatMap(({ images }) => images.flatMap(({ boxes }) => boxes)));
}

/** Splits that are all there is to train on; CVAT writes `default`. */
const TRAIN_NAMES = ['trainval', 'default', 'all'];

/** data.yaml knows train, val and test only. */
function splitKeys(splits: readonly Dataset[]): string[] {
  const keys = splits.map(({ split }) => {
    const key = canonicalSplit(split);
    return TRAIN_NAMES.includes(key) ? 'train' : key;
  });
  keys.forEach((key, i) => {
    if (!['train', 'val', 'test'].includes(key) || keys.indexOf(key) !== i) {
      throw new RefineDetError(
        'INVALID_OPTION',
        `YOLO has one train, val and test each, so split "${splits[i].split}" has no place`,
      );
    }
  });
  return keys;
}

/** Without `path`: the folder of the file itself. Quoted, so that no name reads as a number. */
function configYaml(keys: readonly string[], classes: readonly string[]): string {
  const config = new Map<string, unknown>(keys.map((key) => [key, `images/${key}`]));
  config.set('names', new Map(classes.entries()));
  return stringify(config, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}

function labelLine({ classId, box }: GroundTruth, { width, height }: ImageSize): string {
  const values = [
    (box.x + box.width / 2) / width,
    (box.y + box.height / 2) / height,
    box.width / width,
    box.height / height,
  ];
  return `${classId} ${values.map((value) => value.toFixed(DECIMALS)).join(' ')}\n`;
}

function countBoxes(truths: readonly GroundTruth[]): WrittenBoxes {
  const written = truths.filter(({ crowd }) => !crowd);
  const crowds = truths.length - written.length;
  const difficult = written.filter((truth) => truth.difficult).length;
  return {
    boxes: written.length,
    losses: [
      ...(crowds > 0 ? [`crowd regions, left out because YOLO has none: ${crowds}`] : []),
      ...(difficult > 0 ? [`the mark of difficult boxes, which YOLO has not: ${difficult}`] : []),
    ],
  };
}
