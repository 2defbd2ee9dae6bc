/** Foreign bytes to text without losing a character: byte order marks and declared encodings. */

/** Bytes that are not what they are said to be. */
export class EncodingError extends Error {}

const BYTE_ORDER_MARKS: readonly [mark: readonly number[], encoding: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe, 0, 0], 'utf-32'],
  [[0, 0, 0xfe, 0xff], 'utf-32'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];
/** `<?` in 16 bits, for XML without a byte order mark (XML 1.0, appendix F). */
const WIDE_XML: readonly [start: readonly number[], encoding: string][] = [
  [[0x3c, 0, 0x3f, 0], 'utf-16le'],
  [[0, 0x3c, 0, 0x3f], 'utf-16be'],
];
const DECLARATION = /^<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']/;
/** A declaration is short. */
const DECLARATION_BYTES = 256;

/** The sign that some program has put in the place of characters it could not read. */
const LOST_CHARACTER = '\ufffd';

/** Half of a pair that is one character in UTF-16: no encoding can write it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export const hasLostCharacters = (text: string): boolean =>
  text.includes(LOST_CHARACTER) || LONE_SURROGATE.test(text);

/**
 * Text of a file: by its byte order mark, else as its XML declaration says, else UTF-8.
 * @param isXml whether a declaration may say the encoding
 * @throws EncodingError for an unknown encoding and for bytes that are not of the encoding
 */
export function decodeText(bytes: Uint8Array, isXml = false): string {
  const encoding = markedEncoding(bytes) ?? (isXml ? xmlEncoding(bytes) : undefined) ?? 'utf-8';
  const decoder = decoderOf(encoding);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new EncodingError(`the bytes are not ${encoding.toUpperCase()} text`);
  }
}

const DECODERS = new Map<string, TextDecoder>();

/** Thousands of files share one. */
function decoderOf(encoding: string): TextDecoder {
  const known = DECODERS.get(encoding);
  if (known) return known;
  const decoder = newDecoder(encoding);
  DECODERS.set(encoding, decoder);
  return decoder;
}

/** @throws EncodingError */
export function newDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new EncodingError(`the encoding "${encoding}" is unknown`);
  }
}

/** Encoding by the byte order mark, where there is one. */
export const markedEncoding = (bytes: Uint8Array): string | undefined =>
  startsWithOne(bytes, BYTE_ORDER_MARKS);

function xmlEncoding(bytes: Uint8Array): string | undefined {
  const wide = startsWithOne(bytes, WIDE_XML);
  if (wide) return wide;
  const length = Math.min(bytes.length, DECLARATION_BYTES);
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  const declared = DECLARATION.exec(start)?.[1];
  // A declaration that can be read byte by byte is not in 16 bits, even if it says so.
  return declared && /^(utf-?16|ucs-?2|unicode$)/i.test(declared) ? undefined : declared;
}

function startsWithOne(
  bytes: Uint8Array,
  starts: readonly [start: readonly number[], encoding: string][],
): string | undefined {
  return starts.find(([start]) => start.every((byte, i) => bytes[i] === byte))?.[1];
}
