/** Saves images and labels as a zip. */
import { strToU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import type { WrittenFormat } from '../../../../src/datasets/dataset-types.ts';
import type { Session } from '../store/session.ts';
import { flatNames, LAYOUTS, type LabeledImage, zipTexts } from './dataset-zip.ts';

/** @param onProgress receives the share of images that are in */
export async function datasetZip(
  session: Session,
  format: WrittenFormat,
  onProgress: (share: number) => void,
): Promise<Blob> {
  await session.settled();
  const { images, classes } = session;
  const layout = LAYOUTS[format];
  const names = flatNames(images.map(({ name }) => name));
  // Pieces go into blobs, which the browser may keep on disk.
  const pieces: BlobPart[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(new Blob([piece as Uint8Array<ArrayBuffer>]));
  });
  const labeled: LabeledImage[] = [];
  for (const [i, { name, state }] of images.entries()) {
    const file = await session.store.image(name);
    const flat = names.get(name)!;
    const isNew = state === 'new';
    // Images are compressed already.
    const entry = new ZipPassThrough(isNew ? layout.newPath(flat) : layout.imagePath(flat));
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
    if (!isNew) {
      const { labels } = await session.store.read(name);
      labeled.push({ name: flat, size: await sizeOf(file), ...labels });
    }
    onProgress((i + 1) / images.length);
  }
  for (const [path, content] of zipTexts(format, labeled, classes)) {
    const entry = new ZipDeflate(path);
    zip.add(entry);
    entry.push(strToU8(content), true);
  }
  zip.end();
  return new Blob(pieces, { type: 'application/zip' });
}

async function sizeOf(file: Blob): Promise<{ width: number; height: number }> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}
