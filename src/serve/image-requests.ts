/** From a request to the images and settings in it. */

import { readForm } from './form-parts.ts';
import { mediaTypeOf } from './media-type.ts';
import { ServeError } from './problems.ts';
import { type Body, type BodyLimits, readBody } from './read-body.ts';
import { type Settings, UrlRequest } from './schemas.ts';
import { checkedSettings, checkShape, parsedJson, settingsOfQuery } from './settings.ts';

/** Reads an image for a client; it refuses addresses that are not allowed. */
export type FetchImage = (url: string, signal: AbortSignal) => Promise<Uint8Array>;

export interface ImageRequest {
  images: Uint8Array[];
  settings: Settings;
}

export interface RequestLimits extends BodyLimits {
  maxImages: number;
  fetchImage?: FetchImage;
}

/**
 * Reads images from a raw body, from the parts `image` of a form, or from an address, and holds their
 * bytes while they are in use.
 * @throws REQUEST_INVALID, REQUEST_TOO_LARGE, OVERLOADED, FORBIDDEN, FETCH_FAILED, TIMEOUT, ABORTED
 */
export async function withImages<T>(
  request: Request,
  limits: RequestLimits,
  use: (given: ImageRequest) => Promise<T>,
): Promise<T> {
  const settings = settingsOfQuery(new URL(request.url).searchParams);
  const type = request.headers.get('content-type') ?? '';
  const body = await readBody(request, limits);
  try {
    const { images, settings: more } = await imagesOf(body, type, limits);
    return await use({ images, settings: { ...settings, ...more } });
  } finally {
    body.release();
  }
}

async function imagesOf(
  { bytes, hold }: Body,
  contentType: string,
  limits: RequestLimits,
): Promise<ImageRequest> {
  const type = mediaTypeOf(contentType);
  if (type === 'multipart/form-data') {
    const { images, texts } = readForm(bytes, contentType, {
      ...{ names: ['options'], maxImages: limits.maxImages },
    });
    const options = texts.get('options');
    const settings = options && checkedSettings(parsedJson(options, 'the part "options"'));
    return { images, settings: settings || {} };
  }
  if (type === 'application/json') {
    const given = parsedJson(new TextDecoder().decode(bytes), 'the body');
    checkShape(UrlRequest, given, 'the body');
    const { url, options = {} } = given as { url: string; options?: Settings };
    const settings = checkedSettings(options);
    hold(limits.maxBody);
    return { images: [await fetched(url, limits)], settings };
  }
  if (bytes.length > 0) return { images: [bytes], settings: {} };
  throw new ServeError('IMAGE_EMPTY', 'the request has no body: send a JPEG, PNG or WebP image');
}

async function fetched(url: string, { fetchImage, signal }: RequestLimits): Promise<Uint8Array> {
  if (fetchImage) return fetchImage(url, signal);
  const message = 'this server fetches no addresses: send the image itself';
  throw new ServeError('FORBIDDEN', message);
}
