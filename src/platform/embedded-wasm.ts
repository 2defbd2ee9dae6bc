/** tfjs' wasm binaries inside of the package, each in a script that is loaded on demand. */
import { unpack } from '../embedded.ts';

export async function embeddedWasm(threaded: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } = threaded
    ? await import('./generated/wasm-threaded.ts')
    : await import('./generated/wasm-simd.ts');
  return unpack(text);
}
