/** Writes PASCAL VOC: Annotations/, JPEGImages/, ImageSets/Main/ and classes.txt. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { mapConcurrently, withoutExtension } from '../dataset-files.ts';
import type { GroundTruth } from '../dataset-types.ts';
import { imageSize } from '../image-size.ts';
import { mergeRecords } from '../merge-records.ts';
import type { WriteJob, WrittenBoxes } from '../write-job.ts';
import { distinctNames } from '../write-names.ts';
import { vocCorners } from './voc-box.ts';
import { vocXmlText, type WrittenObject } from './voc-xml-text.ts';

export async function writeVoc({
  splits,
  classes,
  folder,
  placeImage,
}: WriteJob): Promise<WrittenBoxes> {
  classes.forEach(checkName);
  const lists = path.join(folder, 'ImageSets', 'Main');
  const annotations = path.join(folder, 'Annotations');
  await makeFolder(lists);
  await mkdir(annotations);
  await writeFile(path.join(folder, 'classes.txt'), `${classes.join('\n')}\n`);

  const flat = splits.flatMap(({ images }) =>
    images.map((image) => ({ ...image, fileName: flatName(image.fileName) })),
  );
  const names = distinctNames(flat);
  const ids = flat.map((image) => withoutExtension(names.get(image)!));
  const nameOf = new Map(flat.map((image) => [image.path, names.get(image)!]));
  // Splits may share images, and label them differently.
  const written = mergeRecords(flat).images;
  await mapConcurrently(written, async (image) => {
    const name = nameOf.get(image.path)!;
    const objects = image.boxes.flatMap((truth) => writtenObject(truth, classes));
    const xml = vocXmlText(name, await imageSize(image), objects);
    await writeFile(path.join(annotations, `${withoutExtension(name)}.xml`), xml);
    await placeImage(image, path.join('JPEGImages', name));
  });

  let first = 0;
  for (const { split, images } of splits) {
    const lines = ids.slice(first, first + images.length).map((id) => `${id}\n`);
    await writeFile(path.join(lists, `${flatName(split)}.txt`), lines.join(''));
    first += images.length;
  }
  return countBoxes(written.flatMap(({ boxes }) => boxes));
}

/** All images lie in one folder, and a list has one name a line, perhaps in quotes. */
const flatName = (name: string): string => name.replace(/[/\s"']+/g, '_');

function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  if (name === '' || name.trim() !== name || /[\x00-\x1f\ufffe\uffff]/.test(name)) {
    throw new RefineDetError('INVALID_OPTION', `VOC cannot hold the class name "${name}"`);
  }
}

function countBoxes(truths: readonly GroundTruth[]): WrittenBoxes {
  const written = truths.filter(roundedCorners);
  const small = truths.length - written.length;
  const crowds = written.filter(({ crowd }) => crowd).length;
  return {
    boxes: written.length,
    losses: [
      ...(small > 0 ? [`boxes a pixel wide or high, which VOC cannot hold: ${small}`] : []),
      ...(crowds > 0 ? [`crowd regions, marked difficult because VOC has none: ${crowds}`] : []),
    ],
  };
}

/** Nothing for a box that no reader would accept. */
function writtenObject(truth: GroundTruth, classes: readonly string[]): WrittenObject[] {
  const corners = roundedCorners(truth);
  const difficult = truth.difficult || truth.crowd;
  return corners ? [{ name: classes[truth.classId], corners, difficult }] : [];
}

/** Corners to a ten-thousandth of a pixel; undefined for a box that no reader would accept. */
function roundedCorners({ box }: GroundTruth): number[] | undefined {
  const corners = vocCorners(box).map((value) => Math.round(value * 1e4) / 1e4);
  const [xmin, ymin, xmax, ymax] = corners;
  return xmax > xmin && ymax > ymin ? corners : undefined;
}
