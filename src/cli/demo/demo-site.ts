/** The files of the demo page, in memory: the server cannot reach other files on the disk. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../../datasets/dataset-files.ts';
import { modelBytes } from '../../detection/load-model.ts';
import { RefineDetError } from '../../errors.ts';
import { DEFAULT_MODEL, MODELS, modelFile, packagedModel } from '../../packaged-models.ts';
import { packageFile } from '../../platform/package-file.ts';
import { escapeHtml } from '../../report/html.ts';
import type { SiteFile } from '../../serve/options.ts';
import { isUrl } from '../inputs.ts';

/** By path, without a slash at the start. */
export type Site = ReadonlyMap<string, SiteFile>;

/** Attribute of the pages that detect, as they are built. */
const START_MODEL = modelAttribute(DEFAULT_MODEL);

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

/**
 * Reads the page and the models of the package, of which the page loads the one that is selected.
 * @param folder of the built page
 * @param model content of the model to start with
 * @param source its name, path or URL; a model of the user's own takes the place of the default one
 */
export async function readSite(folder: string, model: Uint8Array, source?: string): Promise<Site> {
  const site = new Map<string, SiteFile>();
  for (const name of MODELS) {
    const isGiven = name === (packagedModel(source) ?? DEFAULT_MODEL);
    site.set(modelFile(name), siteFile(modelFile(name), isGiven ? model : await modelBytes(name)));
  }
  const start = modelAttribute(packagedModel(source) ?? fileName(source!));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).replaceAll(path.sep, '/');
    const body = await readFile(file);
    const isPage = path.extname(name) === '.html';
    site.set(name, siteFile(name, isPage ? startingWith(start, body) : body));
  }
  return site;
}

/** Without the query of a URL, which may be a signature. */
function fileName(source: string): string {
  return path.basename(isUrl(source) ? new URL(source).pathname : source);
}

function startingWith(attribute: string, page: Buffer): Buffer {
  return Buffer.from(page.toString().replace(START_MODEL, () => attribute));
}

function modelAttribute(name: string): string {
  return `data-model="${escapeHtml(name)}"`;
}

function siteFile(name: string, body: Uint8Array): SiteFile {
  const type = TYPES[path.extname(name)] ?? 'application/octet-stream';
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
