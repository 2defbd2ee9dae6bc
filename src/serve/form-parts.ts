/** Forms with files (multipart/form-data). */
import {
  MaxPartsExceededError,
  type MultipartPart,
  parseMultipart,
} from '@remix-run/multipart-parser';
import { copyBytes } from '../copy-bytes.ts';
import { ServeError } from './problems.ts';

/** More parts than any request needs. */
const MOST_PARTS = 128;
/** Bytes of a part that is not an image. */
const MOST_TEXT = 65_536;
/** RFC 2046, section 5.1.1. */
const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i;

export interface Form {
  /** Bytes of the parts called `image`, each in a buffer of its own. */
  images: Uint8Array[];
  /** Texts of the other parts. */
  texts: ReadonlyMap<string, string>;
}

/**
 * Reads the parts `image`, with or without a file name, and texts of the given names.
 * @throws REQUEST_INVALID, REQUEST_TOO_LARGE
 */
export function readForm(
  bytes: Uint8Array,
  contentType: string,
  { names, maxImages }: { names: readonly string[]; maxImages: number },
): Form {
  const images: Uint8Array[] = [];
  const texts = new Map<string, string>();
  for (const part of partsOf(bytes, contentType)) {
    const { name = '' } = part;
    if (name === 'image') images.push(copyBytes(part.bytes));
    else if (!names.includes(name)) throw unknownPart(name, names);
    else if (part.size > MOST_TEXT) throw tooLarge(`the part "${name}" has ${part.size} bytes`);
    else texts.set(name, part.text);
  }
  if (images.length === 0) {
    throw new ServeError('REQUEST_INVALID', 'the form has no part with the name "image"');
  }
  if (images.length <= maxImages) return { images, texts };
  throw tooLarge(`a request may have ${maxImages} images at most, not ${images.length}`);
}

function partsOf(bytes: Uint8Array, contentType: string): MultipartPart[] {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) {
    throw new ServeError('REQUEST_INVALID', 'the form has no boundary in its content-type');
  }
  const limits = { maxParts: MOST_PARTS, maxFileSize: bytes.length, maxTotalSize: bytes.length };
  try {
    return [...parseMultipart(bytes, { boundary, ...limits })];
  } catch (cause) {
    if (cause instanceof MaxPartsExceededError) {
      throw tooLarge(`a form may have ${MOST_PARTS} parts at most`);
    }
    throw new ServeError('REQUEST_INVALID', 'the form is malformed or truncated', {}, cause);
  }
}

function unknownPart(name: string, names: readonly string[]): ServeError {
  const known = ['image', ...names].join(', ');
  const message = `unknown part ${JSON.stringify(name.slice(0, 80))}; known are ${known}`;
  return new ServeError('REQUEST_INVALID', message);
}

const tooLarge = (message: string) => new ServeError('REQUEST_TOO_LARGE', message);
