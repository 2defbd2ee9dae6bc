/** From a request to the images and settings in it. */
import { mediaTypeOf } from './media-type.ts';
import { readParts } from './parts.ts';
import { ServeError } from './problems.ts';
import { type Body, type BodyLimits, readBody } from './read-body.ts';
import { type Settings, UrlRequest } from './schemas.ts';
import { checkedSettings, checkShape, parsedJson, settingsOfQuery } from './settings.ts';

/** Reads an image for a client; it refuses addresses that are not allowed. */
export type FetchImage = (url: string, signal: AbortSignal) => Promise<Uint8Array>;

export interface ImageRequest {
  images: Uint8Array[];
  settings: Settings;
  release: () => void;
}

export interface RequestLimits extends BodyLimits {
  maxImages: number;
  fetchImage?: FetchImage;
}

/**
 * Reads images from a raw body, from the parts `image` of a form, or from an address.
 * @throws REQUEST_INVALID, REQUEST_TOO_LARGE, OVERLOADED, FORBIDDEN, FETCH_FAILED, ABORTED
 */
export async function readImageRequest(
  request: Request,
  limits: RequestLimits,
): Promise<ImageRequest> {
  const settings = settingsOfQuery(new URL(request.url).searchParams);
  const type = mediaTypeOf(request.headers.get('content-type'));
  const body = await readBody(request, limits);
  try {
    const read =
      type === 'multipart/form-data' ? ofForm : type === 'application/json' ? ofUrl : ofBytes;
    const { images, settings: more } = await read(body, request, limits);
    return { images, settings: { ...settings, ...more }, release: body.release };
  } catch (error) {
    body.release();
    throw error;
  }
}

type Read = (
  body: Body,
  request: Request,
  limits: RequestLimits,
) => Promise<Pick<ImageRequest, 'images' | 'settings'>>;

const ofBytes: Read = async ({ bytes }) => {
  if (bytes.length > 0) return { images: [bytes], settings: {} };
  throw new ServeError('IMAGE_EMPTY', 'the request has no body: send a JPEG, PNG or WebP image');
};

const ofForm: Read = async ({ bytes }, request, { maxImages }) => {
  const parts = await readParts(bytes, request.headers.get('content-type')!);
  const files = parts.getAll('image').filter((part) => typeof part !== 'string');
  const others = [...new Set(parts.keys())].filter((name) => !['image', 'options'].includes(name));
  if (others.length > 0) {
    const message = `unknown part ${JSON.stringify(others[0].slice(0, 80))}; known are image, options`;
    throw new ServeError('REQUEST_INVALID', message);
  }
  if (files.length === 0) {
    throw new ServeError('REQUEST_INVALID', 'the form has no file with the name "image"');
  }
  if (files.length > maxImages) {
    const message = `a request may have ${maxImages} images at most, not ${files.length}`;
    throw new ServeError('REQUEST_TOO_LARGE', message);
  }
  return { images: await Promise.all(files.map(bytesOfFile)), settings: await settingsOf(parts) };
};

const ofUrl: Read = async ({ bytes }, _request, { fetchImage, signal }) => {
  const given = parsedJson(new TextDecoder().decode(bytes), 'the body');
  checkShape(UrlRequest, given, 'the body');
  const { url, options = {} } = given as { url: string; options?: Settings };
  if (!fetchImage) {
    const message =
      'this server fetches no addresses: send the image itself, or start it with --allow-url';
    throw new ServeError('FORBIDDEN', message);
  }
  return { images: [await fetchImage(url, signal)], settings: checkedSettings(options) };
};

async function settingsOf(parts: FormData): Promise<Settings> {
  const part = parts.get('options');
  if (part === null) return {};
  const text = typeof part === 'string' ? part : await part.text();
  return checkedSettings(parsedJson(text, 'the part "options"'));
}

export const bytesOfFile = async (file: File): Promise<Uint8Array> =>
  new Uint8Array(await file.arrayBuffer());
