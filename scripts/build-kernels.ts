/**
 * Compiles assembly/ to wasm, for plain and for shared memory, each with and without fused products
 * (relaxed SIMD), bundles the script of the threads that run it, and writes all as text to
 * src/kernels/generated: no file has to be located at run time.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { knowsFusedProducts } from '../src/kernels/relaxed-simd.ts';
import { pack, writeModule } from './embed.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = ['single', 'fused-single', 'threaded', 'fused-threaded'] as const;
type Target = (typeof TARGETS)[number];
const THREADS = 'src/kernels/parallel';
const SOURCES = [
  'asconfig.json',
  ...readdirSync(join(ROOT, 'assembly')).map((f) => `assembly/${f}`),
  `${THREADS}/team-worker.ts`,
  `${THREADS}/board.ts`,
];

/** Compiles all targets of asconfig.json and writes the generated modules. */
export async function buildKernels(): Promise<void> {
  writeModule(outputOf('team-worker'), pack(await bundleWorker()));
  for (const target of TARGETS) {
    const binary = await compile(target);
    writeModule(outputOf(target), pack(binary));
    process.stderr.write(`kernels (${target}): ${binary.length} bytes\n`);
  }
}

async function bundleWorker(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`${THREADS}/team-worker.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].contents;
}

function outputOf(name: Target | 'team-worker'): string {
  return join(ROOT, `src/kernels/generated/${name}.ts`);
}

/** Whether a generated module is missing or older than a source. */
export function kernelsAreStale(): boolean {
  const outputs = [...TARGETS, 'team-worker' as const].map(outputOf);
  if (!outputs.every(existsSync)) return true;
  const built = Math.min(...outputs.map((output) => statSync(output).mtimeMs));
  return SOURCES.some((file) => statSync(join(ROOT, file)).mtimeMs > built);
}

async function compile(target: Target): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['--config', 'asconfig.json', '--target', target, '--baseDir', ROOT],
    {
      writeFile: (_name, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`kernels (${target}) do not compile:\n${stderr}`);
  checkModule(binary, target);
  return binary;
}

const DATA_SECTION = 11;

/**
 * The module lives in somebody else's memory: static data would overwrite it, and there is nobody
 * to provide another import.
 * @throws Error when it has either
 */
export function checkModule(binary: Uint8Array, target: string): void {
  // Node 20 cannot read relaxed SIMD unless told to.
  if (!knowsFusedProducts()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(binary as BufferSource));
  const names = imports.map(({ module, name }) => `${module}.${name}`);
  if (names.join() !== 'env.memory') {
    throw new Error(
      `kernels (${target}) import ${names.join(', ') || 'nothing'}, expected only env.memory`,
    );
  }
  if (sectionIds(binary).includes(DATA_SECTION)) {
    throw new Error(`kernels (${target}) have a static data segment`);
  }
}

/** Ids of the sections after the 8-byte header; each is an id, a LEB128 size and its content. */
function sectionIds(binary: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < binary.length; ) {
    ids.push(binary[at++]);
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      size |= (binary[at] & 0x7f) << shift;
      more = (binary[at++] & 0x80) !== 0;
    }
    at += size;
  }
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
