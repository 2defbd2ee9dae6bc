/** Images from files, folders, the clipboard and drops, in a format that training can read. */
import { readImageHeader } from '../../../../src/image/header.ts';
import { isDecodableName } from '../../../../src/image/image-names.ts';
import { explainFile } from '../../explain.ts';

export interface NewImage {
  name: string;
  file: Blob;
}

const QUALITY = 0.95;
const ZIP = /\.zip$/i;
const VIDEO = /^video\//;

/** What a list of files consists of. */
export interface SortedFiles {
  images: File[];
  zips: File[];
  videos: File[];
}

export function sortFiles(files: readonly File[]): SortedFiles {
  const visible = files.filter(({ name }) => !name.startsWith('.'));
  const isImage = ({ name, type }: File) => isDecodableName(name) || type.startsWith('image/');
  return {
    images: visible.filter(isImage),
    zips: visible.filter(({ name }) => ZIP.test(name)),
    videos: visible.filter(({ type }) => VIDEO.test(type)),
  };
}

/**
 * A file as it is, or as JPEG where only the browser can read it.
 * @throws an error when nothing can read it
 */
export async function readable(file: File): Promise<NewImage> {
  const bitmap = await createImageBitmap(file).catch((error) => {
    const { title, detail } = explainFile(file.name, error);
    throw new Error(`${title}. ${detail}`);
  });
  if (isDecodableName(file.name) && (await isOwn(file))) {
    bitmap.close();
    return { name: file.name, file };
  }
  const name = `${file.name.replace(/\.[^.]*$/, '')}.jpg`;
  return { name, file: await asJpeg(bitmap) };
}

/** Whether training can read the file: names and types may lie, as those of a GIF called .jpg. */
async function isOwn(file: Blob): Promise<boolean> {
  try {
    readImageHeader(new Uint8Array(await file.arrayBuffer()));
    return true;
  } catch {
    return false;
  }
}

/** Encodes and frees a bitmap. */
export async function asJpeg(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
}

/** Files of a drop, those in dropped folders too. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...files];
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [
      await new Promise((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return files;
    for (const child of some) files.push(...(await filesOf(child)));
  }
}
