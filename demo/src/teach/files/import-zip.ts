/** Adds the images and labels of a zip to the project. */
import { unzip } from 'fflate';
import { fitInto } from '../editor/geometry.ts';
import type { Session } from '../store/session.ts';
import { readZip, type ZipFiles } from './read-zip.ts';

/** Largest file inside, in bytes: a file of a few bytes may claim to be huge. */
const MOST_BYTES = 2 ** 28;
const TYPES: Readonly<Record<string, string>> = { png: 'image/png', webp: 'image/webp' };

/** @throws an error for an image that cannot be read, when all others are here */
export async function importZip(
  session: Session,
  file: Blob,
  onProgress: (share: number) => void,
): Promise<void> {
  const files = await unzipped(new Uint8Array(await file.arrayBuffer()));
  const labels = await readZip(files);
  for (const name of labels.classes) await session.addClass(name);
  // A zip may have labels only, of images that are here.
  const targets = labels.images.length > 0 ? labels.images : session.images.map(({ name }) => name);
  const unreadable: string[] = [];
  for (const [i, path] of targets.entries()) {
    const blob = files[path] ? imageBlob(path, files[path]) : await session.store.image(path);
    onProgress((i + 1) / targets.length);
    const bitmap = await createImageBitmap(blob).catch(() => undefined);
    if (!bitmap) {
      unreadable.push(path);
      continue;
    }
    const found = labels.boxes(path, bitmap);
    const boxes = (found ?? []).flatMap((one) => {
      const box = fitInto(one.box, bitmap);
      return box ? [{ ...one, box }] : [];
    });
    bitmap.close();
    const name = files[path] ? await session.add(path.replace(/^.*\//, ''), blob) : path;
    if (found) {
      await session.read(name);
      await session.save(name, { boxes, done: labels.isDone(path) });
    }
  }
  if (unreadable.length === 0) return;
  const more = unreadable.length > 1 ? ` and ${unreadable.length - 1} more` : '';
  throw new Error(`${unreadable[0]}${more} cannot be read`);
}

function imageBlob(path: string, bytes: Uint8Array): Blob {
  const extension = path.replace(/^.*\./, '').toLowerCase();
  const type = TYPES[extension] ?? 'image/jpeg';
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type });
}

function unzipped(bytes: Uint8Array): Promise<ZipFiles> {
  return new Promise((resolve, reject) => {
    const filter = ({ originalSize }: { originalSize: number }) => originalSize <= MOST_BYTES;
    unzip(bytes, { filter }, (error, files) => (error ? reject(error) : resolve(files)));
  });
}
