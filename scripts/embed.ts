/**
 * Writes tfjs' wasm binaries and the script of its threads as modules of deflated base64 text, which
 * src/embedded.ts unpacks: a web page does not have to find them by URL.
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

/** Writes a module that exports a text. */
export function writeModule(path: string, text: string): void {
  // Without the type the declaration file would hold the text once more.
  writeWhole(path, `/** Generated; do not edit. */\nexport default '${text}' as string;\n`);
}

/** Writes a file. It replaces an older one in one step: a test run beside this one never reads half a file. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedWasm();
