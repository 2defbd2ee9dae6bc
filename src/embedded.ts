/**
 * Bytes inside a script, deflated and in base64. With any bundler, no file has to be located at run
 * time, and a server that compresses scripts sends them as small as the file.
 */

/** Unpacks bytes that `scripts/embed.ts` has packed. */
export async function unpack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  // Not by a Response: in Node that would start fetch, with a wasm memory of its own.
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
