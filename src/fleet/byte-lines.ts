/** Lines of a stream with their places in it. */

const NEWLINE = 10;

/** Bytes of a line with its end, and the place of its first byte. */
export interface ByteLine {
  bytes: Uint8Array;
  start: number;
}

/** Lines in groups, one for each piece of the stream: waiting for every line would take longer than reading it. */
export async function* byteLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ByteLine[]> {
  let rest: Uint8Array = new Uint8Array();
  let start = 0;
  for await (const piece of stream) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const lines: ByteLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      lines.push({ bytes: bytes.subarray(from, end + 1), start: start + from });
      from = end + 1;
    }
    rest = bytes.slice(from);
    start += from;
    yield lines;
  }
  if (rest.length > 0) yield [{ bytes: rest, start }];
}

const decoder = new TextDecoder();

/** Text of lines without the last end of line. */
export function textLines(bytes: Uint8Array): string[] {
  return decoder.decode(bytes).replace(/\n$/, '').split('\n');
}
