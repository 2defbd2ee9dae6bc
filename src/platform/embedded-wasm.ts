/** tfjs' files inside the package, each in its own script that is loaded on demand. */
import { unpack } from '../embedded.ts';

export async function embeddedWasm(threaded: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } = threaded
    ? await import('./generated/wasm-threaded.ts')
    : await import('./generated/wasm-simd.ts');
  return unpack(text);
}

/**
 * The script that tfjs' threads import. Stock tfjs uses the source text of an imported function,
 * which some minifiers break.
 */
export async function embeddedThreadScript(): Promise<string> {
  const { default: text } = await import('./generated/thread-script.ts');
  return new TextDecoder().decode(await unpack(text));
}
