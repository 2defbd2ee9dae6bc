/**
 * What Node loads: bundles in dist/node. Node takes about 1 ms and 0.2 MB for each module, and a detector consists
 * of more than a hundred. All entries are one build, because they share state.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Programs that are started by name, from beside the part that starts them; and the command line. */
const PROGRAMS = {
  cli: 'src/cli/command-line.ts',
  'image-worker': 'src/runner/image-worker.ts',
  'node-pool-worker': 'src/pool/node-pool-worker.ts',
  'node-worker': 'src/training/node/node-worker.ts',
  'video-worker': 'src/video/video-worker.ts',
};

type Conditions = { types: string; node: string | { types: string } };

interface Manifest {
  exports: Record<string, string | Conditions>;
  dependencies: object;
  peerDependencies: object;
}

/**
 * Writes the bundles. Modules that find files by their own address need a folder two levels below the package, as
 * all of them are in src.
 */
export async function bundleForNode(folder: string): Promise<void> {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const packages = { ...manifest.dependencies, ...manifest.peerDependencies };
  await build({
    absWorkingDir: ROOT,
    entryPoints: { ...entries(manifest), ...PROGRAMS },
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // As package.json does it for `#platform` and its kind.
    conditions: ['refinedet-source'],
    external: Object.keys(packages),
    plugins: [tfjsByRequire, withoutPages],
    logLevel: 'warning',
  });
}

/** Modules of the entries for Node in package.json, by the names of their bundles. */
function entries({ exports }: Manifest): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [entry, conditions] of Object.entries(exports)) {
    if (typeof conditions === 'string') continue;
    const { types } = typeof conditions.node === 'string' ? conditions : conditions.node;
    const name = entry === '.' ? 'index' : entry.slice(2).replace('/', '-');
    found[name] = types.replace('./dist/', 'src/').replace('.d.ts', '.ts');
  }
  return found;
}

const TFJS = '@tensorflow/tfjs-core';
const IMPORT = `import * as tf from '${TFJS}';`;

/**
 * Node reads a CommonJS module that is imported twice, to find the names of its exports: for tfjs, half of the
 * time of `import 'refinedet'` in Node 20, and 5 MB in Node 24.
 */
const tfjsByRequire: Plugin = {
  name: 'tfjs-by-require',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replace(IMPORT, "import tf from 'tfjs';"),
      loader: 'ts',
    }));
    onResolve({ filter: /^tfjs$/ }, () => ({ path: 'tfjs', namespace: 'tfjs' }));
    onLoad({ filter: /./, namespace: 'tfjs' }, () => ({
      contents: `import { createRequire } from 'node:module';
        export default createRequire(import.meta.url)('${TFJS}');`,
    }));
  },
};

/** The copies of tfjs' binaries for pages, which a pool there sends to its workers. */
const withoutPages: Plugin = {
  name: 'without-pages',
  setup({ onResolve }) {
    onResolve({ filter: /\/embedded-wasm\.ts$/ }, () => ({
      path: '../platform/embedded-wasm.js',
      external: true,
    }));
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleForNode(path.join(ROOT, 'dist/node'));
}
