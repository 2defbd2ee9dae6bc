/** The small images of test/fixtures/images.json and their pixels as decoded by cv2.imread. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RawImage } from '../../../src/image/raw-image.ts';

export interface TestImage {
  name: string;
  bytes: Uint8Array;
  /** Size of the upright image; absent where cv2 does not report it. */
  golden?: { width: number; height: number; sha256: string };
}

interface Entry {
  name: string;
  base64?: string;
  width?: number;
  height?: number;
  sha256?: string;
}

const ROOT = new URL('../../../', import.meta.url);

export const IMAGES: readonly TestImage[] = (
  JSON.parse(readFileSync(new URL('test/fixtures/images.json', ROOT), 'utf8')) as Entry[]
).map(({ name, base64, width, height, sha256 }) => ({
  name,
  bytes: base64 === undefined ? readFileSync(new URL(name, ROOT)) : Buffer.from(base64, 'base64'),
  golden: sha256 ? { width: width!, height: height!, sha256 } : undefined,
}));

/** A copy of the bytes of one image. */
export function imageFile(name: string): Uint8Array {
  const found = IMAGES.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no image ${name}`);
  return Uint8Array.from(found.bytes);
}

/** SHA-256 of the pixels as RGB. */
export function rgbHash({ data, channels }: RawImage): string {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < rgb.length; i++) {
    rgb[i] = data[Math.floor(i / 3) * channels + (channels === 1 ? 0 : i % 3)];
  }
  return createHash('sha256').update(rgb).digest('hex');
}
