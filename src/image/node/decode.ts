/** Picture files to pixels, in Node. */
import { RefineDetError } from '../../errors.ts';
import { type DecodeOptions, type ImageFormat, readImageHeader } from '../header.ts';
import { orient } from '../orient.ts';
import type { RawImage } from '../types.ts';
import { jpegDecoder, webpDecoder } from './codecs.ts';
import { decodePng } from './png-decode.ts';

/**
 * Decodes a JPEG, PNG or WebP file and turns it upright by its EXIF orientation. 16-bit samples keep
 * their upper 8 bits, as with cv2.imread.
 *
 * JPEG pixels equal those of libjpeg-turbo (cv2, PIL) bit for bit; only 4:4:0 files, which its
 * versions since 2.1 smooth, differ, by up to 2 levels. A truncated file is an error, as it is for
 * PIL; damage inside is decoded as far as the decoder can.
 *
 * @throws what {@link readImageHeader} throws, and IMAGE_CORRUPT when the pixels cannot be decoded
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<RawImage> {
  const { format, orientation } = readImageHeader(bytes, options);
  try {
    return orient(await DECODERS[format](bytes), orientation);
  } catch (cause) {
    const { source = 'the given bytes' } = options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RefineDetError('IMAGE_CORRUPT', `cannot decode ${source}: ${reason}`, { cause });
  }
}

const DECODERS: Record<ImageFormat, (bytes: Uint8Array) => Promise<RawImage>> = {
  async jpeg(bytes) {
    const { data, width, height } = await jpegDecoder((codec) => codec.decode(bytes, false));
    return { data, width, height, channels: 4 };
  },
  async webp(bytes) {
    const pixels = await webpDecoder((codec) => codec.decode(bytes));
    if (!pixels) throw new Error('the WebP data are damaged');
    return { data: pixels.data, width: pixels.width, height: pixels.height, channels: 4 };
  },
  png: decodePng,
};
