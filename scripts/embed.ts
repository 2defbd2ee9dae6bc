/**
 * Writes tfjs' wasm binaries and the script of its threads as modules of deflated base64 text, which
 * src/embedded.ts unpacks: a web page does not have to find them by URL.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zlibAsync } from '@gfx/zopfli';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const FILES = {
  'wasm-simd': 'simd.wasm',
  'wasm-threaded': 'threaded-simd.wasm',
  'thread-script': 'threaded-simd.js',
};
type Name = keyof typeof FILES;

/** Writes src/platform/generated. */
export async function embedWasm(): Promise<void> {
  for (const name of Object.keys(FILES) as Name[]) await embed(name);
}

/** Writes what src/platform/generated does not have: packing takes seconds. */
export async function embedMissingWasm(): Promise<void> {
  const missing = (Object.keys(FILES) as Name[]).filter((name) => !existsSync(outputOf(name)));
  for (const name of missing) await embed(name);
}

async function embed(name: Name): Promise<void> {
  const file = `@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-${FILES[name]}`;
  writeModule(outputOf(name), await pack(readFileSync(require.resolve(file))));
}

function outputOf(name: Name): string {
  return join(ROOT, `src/platform/generated/${name}.ts`);
}

/** The counterpart of `unpack` in src/embedded.ts. Zopfli saves pages 5 % of what zlib leaves. */
export async function pack(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await zlibAsync(bytes, {})).toString('base64');
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await embedWasm();
