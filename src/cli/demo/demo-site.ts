/** The files of the demo page, in memory: the server cannot reach other files on the disk. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../../datasets/dataset-files.ts';
import { RefineDetError } from '../../errors.ts';
import { packageFile } from '../../platform/package-file.ts';
import type { SiteFile } from '../../serve/options.ts';

/** By path, without a slash at the start. */
export type Site = ReadonlyMap<string, SiteFile>;

/** Path from which the page loads its model. */
const MODEL = 'models/default.safetensors';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.jpg': 'image/jpeg',
};

/** @throws FILE_NOT_FOUND where the page has not been built */
export async function pageFolder(): Promise<string> {
  const folder = packageFile('dist/demo/');
  if ((await entryKind(path.join(folder, 'index.html'))) === 'file') return folder;
  throw new RefineDetError('FILE_NOT_FOUND', 'the demo page has not been built: npm run build');
}

/** @param folder of the built page */
export async function readSite(folder: string, model: Uint8Array): Promise<Site> {
  const site = new Map([[MODEL, siteFile(MODEL, model)]]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).replaceAll(path.sep, '/');
    site.set(name, siteFile(name, await readFile(file)));
  }
  return site;
}

function siteFile(name: string, body: Uint8Array): SiteFile {
  const type = TYPES[path.extname(name)] ?? 'application/octet-stream';
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
