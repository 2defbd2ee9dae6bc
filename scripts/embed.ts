/**
 * Embeds files that a web page would otherwise load by URL, as modules of deflated base64 text
 * for src/embedded.ts: tfjs' wasm binaries, and the script of its threads.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const FILES = {
  'wasm-simd': 'simd.wasm',
  'wasm-threaded': 'threaded-simd.wasm',
  'thread-script': 'threaded-simd.js',
};

/** Writes src/platform/generated. */
export function embedWasm(): void {
  for (const [name, suffix] of Object.entries(FILES)) {
    const output = join(ROOT, `src/platform/generated/${name}.ts`);
    const file = `@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-${suffix}`;
    writeModule(output, pack(readFileSync(require.resolve(file))));
  }
}

/** The counterpart of `unpack` in src/embedded.ts. */
export function pack(bytes: Uint8Array): string {
  return deflateSync(bytes, { level: 9 }).toString('base64');
}

/**
 * Writes a module that exports a text. It replaces an older one in one step, so that a test run at the
 * same time never reads a partial file.
 */
export function writeModule(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  // Without the type, the declaration file would contain the text again.
  writeFileSync(partial, `/** Generated; do not edit. */\nexport default '${text}' as string;\n`);
  renameSync(partial, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedWasm();
