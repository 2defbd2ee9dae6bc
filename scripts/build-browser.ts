/**
 * What web pages need beyond the compiled modules: the worker's script as text, and bundles in
 * dist/browser for pages that use no bundler.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { embedWasm, pack, writeModule } from './embed.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: 'browser',
  // As package.json does it for `#platform`; with `browser`, which the platform implies.
  conditions: ['refinedet-source'],
  target: 'es2022',
  logLevel: 'warning',
};

const PLAIN = {
  refinedet: 'src/index.ts',
  worker: 'src/worker/index.ts',
  serve: 'src/worker/serve.ts',
};
const GPU = { ...PLAIN, webgl: 'src/backend/webgl.ts', webgpu: 'src/backend/webgpu.ts' };

/** Writes src/worker/generated/script.ts. */
export async function embedWorker(): Promise<void> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: ['src/worker/entry.ts'],
    format: 'iife',
    write: false,
    // The client sends them.
    external: ['./generated/wasm-*'],
  });
  const script = pack(outputFiles![0].contents);
  writeModule(join(ROOT, 'src/worker/generated/script.ts'), script);
}

/**
 * Writes modules for pages, and the parts that they share, to `folder`; in `gpu` below it once more,
 * with the GPU backends, which need more of tfjs' core. A page imports from one of the two.
 */
export async function bundleForPages(folder: string): Promise<void> {
  const options: BuildOptions = { ...COMMON, format: 'esm', splitting: true };
  const chunkNames = 'parts/[name]-[hash]';
  await build({ ...options, chunkNames, entryPoints: PLAIN, outdir: folder });
  await build({ ...options, chunkNames, entryPoints: GPU, outdir: join(folder, 'gpu') });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  embedWasm();
  await embedWorker();
  await bundleForPages(join(ROOT, 'dist/browser'));
}
