/** Image files of equal content under different names. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { mapConcurrently } from './dataset-files.ts';
import type { Dataset } from './dataset-types.ts';
import { groupBy } from './group-by.ts';
import { readImageFile } from './image-size.ts';

/**
 * A key by path for every image that has a copy: equal for equal content. Only files of equal size are read.
 * Files that cannot be read have none.
 */
export async function findCopies({ images }: Dataset): Promise<Map<string, string>> {
  const paths = [...new Set(images.map((image) => image.path))];
  const sizes = await mapConcurrently(paths, (file) =>
    stat(file).then(
      ({ size }) => ({ file, size }),
      () => ({ file, size: -1 }),
    ),
  );
  const alike = [...groupBy(sizes, ({ size }) => size)].flatMap(([size, files]) =>
    size >= 0 && files.length > 1 ? files : [],
  );
  const keys = await mapConcurrently(alike, async ({ file }) => ({ file, key: await keyOf(file) }));
  const copies = [...groupBy(keys, ({ key }) => key)].filter(
    ([key, files]) => key !== undefined && files.length > 1,
  );
  return new Map(copies.flatMap(([key, files]) => files.map(({ file }) => [file, key!] as const)));
}

async function keyOf(file: string): Promise<string | undefined> {
  const bytes = await readImageFile(file).catch(() => undefined);
  return bytes && createHash('sha1').update(bytes).digest('base64');
}
