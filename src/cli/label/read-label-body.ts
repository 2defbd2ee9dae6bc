/** Reads the body of a request. */
import type { IncomingMessage } from 'node:http';
import { RefineDetError } from '../../errors.ts';

/** @throws REQUEST_TOO_LARGE above `limit` bytes, without reading the rest */
export async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) {
      throw new RefineDetError('REQUEST_TOO_LARGE', `the body has more than ${limit} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
