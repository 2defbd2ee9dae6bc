/**
 * What web pages need beyond the compiled modules: the worker's script as text, and bundles in
 * dist/browser for pages that use no bundler.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { embedWasm, pack, writeModule } from './embed.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: 'browser',
  // As package.json does it for `#platform` and `#workers`; with `browser`, which the platform implies.
  conditions: ['refinedet-source'],
  target: 'es2022',
  logLevel: 'warning',
};

const PLAIN = {
  refinedet: 'src/index.ts',
  pool: 'src/pool/index.ts',
  worker: 'src/worker/index.ts',
  serve: 'src/worker/serve.ts',
};
const WITH_GPU = { ...PLAIN, webgl: 'src/backend/webgl.ts', webgpu: 'src/backend/webgpu.ts' };
const GPU = Object.fromEntries(
  Object.entries(WITH_GPU).map(([name, file]) => [`gpu/${name}`, file]),
);

/** Writes src/pool/generated/script.ts. */
export async function embedWorker(): Promise<void> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: ['src/pool/browser-pool-worker.ts'],
    format: 'iife',
    write: false,
    // The client sends them, and the URL of a model in the package.
    external: ['./generated/wasm-*', './model-urls.ts'],
  });
  const script = await pack(outputFiles![0].contents);
  writeModule(join(ROOT, 'src/pool/generated/script.ts'), script);
}

/**
 * Writes modules for pages to `folder`, and in `gpu` below it once more, with the GPU backends, which
 * need more of tfjs' core: a page imports from one of the two. Their parts lie together, named by
 * content, so that what is the same in both is there once. The licenses of bundled code are in files beside
 * them, to which each script refers: pages do not download their text.
 */
export async function bundleForPages(folder: string): Promise<void> {
  const chunkNames = 'parts/[name]-[hash]';
  const plugins = [modelsFromParts];
  const options: BuildOptions = {
    ...{ ...COMMON, format: 'esm', splitting: true, chunkNames, plugins },
    legalComments: 'linked',
  };
  await build({ ...options, entryPoints: PLAIN, outdir: folder });
  await build({ ...options, entryPoints: GPU, outdir: folder });
}

/** Every dynamic import, such as that of the models' URLs, lies in dist/browser/parts. */
const modelsFromParts: Plugin = {
  name: 'model-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/model-urls\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('../../models/', '../../../models/'),
      loader: 'ts',
    }));
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await embedWasm();
  await embedWorker();
  await bundleForPages(join(ROOT, 'dist/browser'));
}
