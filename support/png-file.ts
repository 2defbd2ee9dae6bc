/** Files of PNG images with any header and data, also wrong ones. */

/**
 * A gray PNG file of 8 bits.
 * @param data compressed rows
 */
export function pngFile(width: number, height: number, data: Uint8Array): Uint8Array {
  const chunk = (type: string, body: Uint8Array) => {
    const bytes = Buffer.alloc(12 + body.length);
    bytes.writeUInt32BE(body.length);
    bytes.write(type, 4, 'latin1');
    bytes.set(body, 8);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
