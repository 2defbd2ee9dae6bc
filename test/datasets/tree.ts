/** Small datasets written by the tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** Content by path relative to the folder. */
export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** An empty folder that goes when the test ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the given files. */
export function folderWith(tree: Tree): string {
  const folder = emptyFolder();
  writeTree(folder, tree);
  return folder;
}

export function writeTree(folder: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** A gray PNG image; another `level` makes another file. `orientation` is that of EXIF. */
export function png(width: number, height: number, level = 128, orientation = 1): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits; color type 0 is gray
  const rows = Buffer.alloc((width + 1) * height, level);
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0; // filter: none
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(orientation === 1 ? [] : [chunk('eXIf', exif(orientation))]),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function exif(orientation: number): Buffer {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** `<object>` of a VOC annotation. */
export function vocObject(name: string, corners: readonly number[], difficult = 0): string {
  const [xmin, ymin, xmax, ymax] = corners;
  return `  <object>
    <name>${name}</name>
    <difficult>${difficult}</difficult>
    <bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox>
  </object>
`;
}

/** A VOC annotation: the size is on line 2, the first object on line 3. */
export function vocXml(objects = '', width = 40, height = 30): string {
  return `<annotation>
  <size><width>${width}</width><height>${height}</height><depth>3</depth></size>
${objects}</annotation>
`;
}

/** A VOC root whose images are named by the keys; images are 40×30. */
export function vocTree(annotations: Readonly<Record<string, string>>, split = 'train'): Tree {
  const ids = Object.keys(annotations);
  return {
    [`ImageSets/Main/${split}.txt`]: ids.map((id) => `${id}\n`).join(''),
    ...Object.fromEntries(ids.map((id) => [`Annotations/${id}.xml`, annotations[id]])),
    ...Object.fromEntries(ids.map((id, i) => [`JPEGImages/${id}.png`, png(40, 30, i)])),
  };
}
