/** Answers of the label server: the folder as JSON, its images as bytes. */
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isClassName, parseLabels } from '../../datasets/labeling/label-boxes.ts';
import { RefineDetError } from '../../errors.ts';
import { readImageHeader } from '../../image/header.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { isRecord, parseJson } from '../../json.ts';
import type { LabelFolder } from './label-folder.ts';
import { readBody } from './read-label-body.ts';

export interface Answer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
}

/** Thousands of boxes. */
const MOST_LABEL_BYTES = 2 ** 22;
const MOST_IMAGE_BYTES = 2 ** 27;

type Route = (
  folder: LabelFolder,
  request: IncomingMessage,
  query: URLSearchParams,
) => Promise<Answer>;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET project': async (folder) => {
    const states = folder.images.map((image) => [
      image,
      folder.isDone(image) ? 2 : folder.isLabeled(image) ? 1 : 0,
    ]);
    const { format, holdsDifficult } = folder.files;
    const classes = await folder.files.classes();
    return json({
      name: folder.name,
      id: folder.id,
      format,
      holdsDifficult,
      classes,
      images: states,
    });
  },
  'GET summary': async (folder) => json(await folder.summary()),
  'GET image': async (folder, { headers }, query): Promise<Answer> => {
    const file = await folder.imageFile(imageOf(query));
    const { mtimeMs, size } = await stat(file);
    const etag = `"${mtimeMs}-${size}"`;
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
    const body = await readFile(file);
    const { format } = readImageHeader(body, { source: file });
    return { headers: { etag, 'content-type': `image/${format}` }, body };
  },
  'GET labels': async (folder, _, query) => {
    const { labels, version } = await folder.read(imageOf(query));
    return json(labels, version);
  },
  'PUT labels': async (folder, request, query) => {
    const image = imageOf(query);
    const version = request.headers['if-match']?.replace(/^"(.*)"$/, '$1');
    if (version === undefined) throw invalid('If-Match must have the version that was read');
    const labels = parseLabels(await jsonBody(request));
    if (!labels) throw invalid('labels must be { boxes, done } with boxes of a positive size');
    const result = await folder.write(image, labels, version);
    if (result.written) return json({}, result.version);
    return { ...json(result.current.labels, result.current.version), status: 412 };
  },
  'POST class': async (folder, request) => {
    const { name } = fieldsOf(await jsonBody(request));
    await folder.addClass(classNameOf(name));
    return json({});
  },
  'PUT class': async (folder, request) => {
    const { name, to } = fieldsOf(await jsonBody(request));
    await folder.replaceClass(classNameOf(name), to === undefined ? undefined : classNameOf(to));
    return json({});
  },
  'POST image': async (folder, request, query) => {
    const image = imageOf(query);
    if (!isDecodableName(image)) throw invalid(`not a JPEG, PNG or WebP image: ${image}`);
    requireType(request, 'application/octet-stream');
    const body = await readBody(request, MOST_IMAGE_BYTES);
    readImageHeader(body, { source: image });
    return json({ image: await folder.addImage(image, body) });
  },
};

/**
 * @param path below `api/`
 * @throws NOT_FOUND, METHOD_NOT_ALLOWED, REQUEST_*, FORBIDDEN, and the codes of {@link LabelFolder}
 */
export async function answerApi(
  folder: LabelFolder,
  path: string,
  request: IncomingMessage,
): Promise<Answer> {
  const { method, url = '' } = request;
  const route = ROUTES[`${method} ${path}`];
  if (route) return route(folder, request, new URL(url, 'http://folder').searchParams);
  const exists = Object.keys(ROUTES).some((known) => known.endsWith(` ${path}`));
  if (exists) throw new RefineDetError('METHOD_NOT_ALLOWED', `${method} is not allowed here`);
  throw new RefineDetError('NOT_FOUND', `no such address: ${path}`);
}

function imageOf(query: URLSearchParams): string {
  const image = query.get('image');
  if (image) return image;
  throw invalid('the address must name an image');
}

const fieldsOf = (value: unknown) => (isRecord(value) ? value : {});

function classNameOf(value: unknown): string {
  if (isClassName(value)) return value;
  throw invalid(`not a class name: ${JSON.stringify(value)}`);
}

const invalid = (message: string) => new RefineDetError('REQUEST_INVALID', message);

/** A page of another site can send this type only after a question that this server does not answer. */
function requireType({ headers }: IncomingMessage, type: string): void {
  if (headers['content-type']?.split(';')[0] !== type) throw invalid(`the body must be ${type}`);
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  requireType(request, 'application/json');
  const body = await readBody(request, MOST_LABEL_BYTES);
  try {
    return parseJson(new TextDecoder().decode(body));
  } catch (cause) {
    throw new RefineDetError('REQUEST_INVALID', 'the body is not JSON', { cause });
  }
}

function json(value: unknown, version?: string): Answer {
  const type = { 'content-type': 'application/json' };
  const headers = version === undefined ? type : { ...type, etag: `"${version}"` };
  return { headers, body: JSON.stringify(value) };
}
