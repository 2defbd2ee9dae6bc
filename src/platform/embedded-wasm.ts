/** tfjs' files inside of the package, each in a script of its own that is loaded on demand. */
import { unpack } from '../embedded.ts';

export async function embeddedWasm(threaded: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } = threaded
    ? await import('./generated/wasm-threaded.ts')
    : await import('./generated/wasm-simd.ts');
  return unpack(text);
}

/**
 * What tfjs' threads import. Stock tfjs takes the text of the function that the page has imported,
 * which is no script any more after some minifiers.
 */
export async function embeddedThreadScript(): Promise<string> {
  const { default: text } = await import('./generated/thread-script.ts');
  return new TextDecoder().decode(await unpack(text));
}
