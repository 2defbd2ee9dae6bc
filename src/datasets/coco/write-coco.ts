/** Writes COCO: annotations/instances_SPLIT.json and a folder of images per split. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { mapConcurrently } from '../dataset-files.ts';
import { type Dataset, type GroundTruth, type Id, idKey } from '../dataset-types.ts';
import { imageSize } from '../image-size.ts';
import type { WriteJob, WrittenBoxes } from '../write-job.ts';
import { distinctNames } from '../write-names.ts';

export async function writeCoco({
  splits,
  classes,
  folder,
  placeImage,
}: WriteJob): Promise<WrittenBoxes> {
  const annotations = path.join(folder, 'annotations');
  await makeFolder(annotations);
  const categoryIds = sharedCategoryIds(splits) ?? classes.map((_, classId) => classId + 1);
  const keepImageIds = areDistinct(splits.flatMap((s) => s.images.map(({ id }) => id)));
  const keepBoxIds = areDistinct(
    splits.flatMap((s) => s.images.flatMap(({ boxes }) => boxes.map(({ id }) => id))),
  );
  const next = { image: 1, box: 1 };
  let boxes = 0;

  for (const { split, images } of splits) {
    const name = split.replaceAll('/', '-');
    const names = distinctNames(images);
    const imageIds = images.map(({ id }) => (keepImageIds ? id : next.image++));
    const imageRecords = await mapConcurrently(images, async (image, i) => {
      const fileName = names.get(image)!;
      const { width, height } = await imageSize(image);
      await placeImage(image, path.join(name, fileName));
      return { id: imageIds[i], file_name: fileName, width, height };
    });
    const boxRecords = images.flatMap(({ boxes }, i) =>
      boxes.map((truth) => ({
        id: keepBoxIds ? truth.id : next.box++,
        image_id: imageIds[i],
        ...boxRecord(truth, categoryIds),
      })),
    );
    boxes += boxRecords.length;
    const categories = classes.map((label, i) => ({ id: categoryIds[i], name: label }));
    await writeFile(
      path.join(annotations, `instances_${name}.json`),
      jsonPieces({ images: imageRecords, annotations: boxRecords, categories }),
    );
  }
  return { boxes, losses: [] };
}

function sharedCategoryIds(splits: readonly Dataset[]): readonly Id[] | undefined {
  const [{ categoryIds }] = splits;
  const same = splits.every((split) => String(split.categoryIds) === String(categoryIds));
  return same ? categoryIds : undefined;
}

/** COCO's own ids are numbers, and many readers take no others. */
function areDistinct(ids: readonly (Id | undefined)[]): boolean {
  return ids.every((id) => typeof id === 'number') && new Set(ids.map(idKey)).size === ids.length;
}

function boxRecord(
  { classId, box, area, crowd, difficult }: GroundTruth,
  categoryIds: readonly Id[],
): object {
  return {
    category_id: categoryIds[classId],
    bbox: [box.x, box.y, box.width, box.height],
    area: area ?? box.width * box.height,
    iscrowd: crowd ? 1 : 0,
    // No key of COCO's own: other readers ignore it.
    ...(difficult && { difficult: 1 }),
  };
}

/** JSON of an object of lists in pieces: one string could exceed what the engine allows. */
function* jsonPieces(lists: Readonly<Record<string, readonly object[]>>): Generator<string> {
  const piece = 4096;
  let opening = '{';
  for (const [key, items] of Object.entries(lists)) {
    yield `${opening}"${key}":[`;
    for (let i = 0; i < items.length; i += piece) {
      const lines = items.slice(i, i + piece).map((item) => `\n${JSON.stringify(item)}`);
      yield (i > 0 ? ',' : '') + lines.join(',');
    }
    yield '\n]';
    opening = ',\n';
  }
  yield '}\n';
}
