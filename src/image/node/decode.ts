/** Decodes image files to pixels, in Node. */
import { RefineDetError } from '../../errors.ts';
import { memoryShortage } from '../../out-of-memory.ts';
import { type DecodeOptions, type ImageFormat, readImageHeader, uprightSize } from '../header.ts';
import { orient } from '../orient.ts';
import type { DecodedImage, RawImage, Size } from '../raw-image.ts';
import { jpegDecoder, type Pixels, reducingJpegDecoder, webpDecoder } from './codecs.ts';
import { decodePng } from './png-decode.ts';
import { decodeReduced, REDUCTIONS, type Reduction } from './reduced-jpeg.ts';

/**
 * Decodes a JPEG, PNG or WebP file and turns it upright by its EXIF orientation. 16-bit samples keep
 * their upper 8 bits, as with cv2.imread, unless no sample needs them: 12-bit values of a sensor
 * become the upper 8 of 12.
 *
 * JPEG pixels equal those of libjpeg-turbo (cv2, PIL) bit for bit; only 4:4:0 files differ, by up to 2
 * levels, because libjpeg-turbo smooths them since version 2.1. A truncated file is an error, like in
 * PIL; a damaged file is decoded as far as the decoder can.
 *
 * @throws the errors of {@link readImageHeader}; IMAGE_CORRUPT when the pixels cannot be decoded
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const header = readImageHeader(bytes, options);
  const { format, orientation } = header;
  const fullSize = uprightSize(header);
  const reduction = format === 'jpeg' ? reductionOf(fullSize, options.enough) : undefined;
  const smaller = reduction && (await reducedJpeg(bytes, reduction));
  if (smaller) return { ...orient(smaller, orientation), fullSize };
  try {
    return orient(await DECODERS[format](bytes), orientation);
  } catch (cause) {
    const { source = 'the given bytes' } = options;
    const shortage = memoryShortage(`no memory to decode ${source}`, cause);
    if (shortage) throw shortage;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RefineDetError('IMAGE_CORRUPT', `cannot decode ${source}: ${reason}`, { cause });
  }
}

function reductionOf({ width, height }: Size, enough?: Size): Reduction | undefined {
  if (!enough) return undefined;
  return REDUCTIONS.find((r) => width >= r * enough.width && height >= r * enough.height);
}

/** Returns undefined on failure: the full decoder then decodes the file or reports the error. */
async function reducedJpeg(bytes: Uint8Array, reduction: Reduction): Promise<RawImage | undefined> {
  try {
    return rgba(await reducingJpegDecoder((codec) => decodeReduced(codec, bytes, reduction)));
  } catch {
    return undefined;
  }
}

const DECODERS: Record<ImageFormat, (bytes: Uint8Array) => Promise<RawImage>> = {
  jpeg: async (bytes) => rgba(await jpegDecoder((codec) => codec.decode(bytes, false))),
  async webp(bytes) {
    const pixels = await webpDecoder((codec) => codec.decode(bytes));
    if (!pixels) throw new Error('the WebP data is damaged');
    return rgba(pixels);
  },
  png: decodePng,
};

function rgba({ data, width, height }: Pixels): RawImage {
  return { data, width, height, channels: 4 };
}
