/**
 * What Node loads: bundles in dist/node. Node takes about 1 ms and 0.2 MB for each module, and a detector consists
 * of more than a hundred. All entries are one build, because they share state.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type ChunkingContext, type Plugin } from 'rolldown';

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
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const isExternal = (name: string) =>
    packages.some((known) => name === known || name.startsWith(`${known}/`));
  await build({
    cwd: ROOT,
    input: { ...entries(manifest), ...PROGRAMS },
    platform: 'node',
    // As package.json does it for `#platform` and its kind.
    resolve: { conditionNames: ['refinedet-source', 'default'] },
    external: isExternal,
    plugins: [tfjsByRequire, withoutPages],
    transform: { target: 'node20' },
    logLevel: 'warn',
    output: {
      dir: folder,
      format: 'esm',
      cleanDir: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: [{ name: partOf(), debugName: 'detector' }] },
    },
  });
}

/**
 * Names the part of a module. What a detector consists of is one part, which no other import cuts into pieces, except
 * for what the command line needs for its help.
 */
function partOf(): (id: string, context: ChunkingContext) => string | null {
  let detector: Set<string> | undefined;
  let help = new Set<string>();
  return (id, context) => {
    if (!detector) {
      detector = reachable(path.join(ROOT, 'src/index.ts'), context);
      help = reachable(path.join(ROOT, PROGRAMS.cli), context);
    }
    if (!detector.has(id)) return null;
    return help.has(id) ? 'base' : 'detector';
  };
}

/** Modules that a module imports, directly or not, before it runs. */
function reachable(id: string, context: ChunkingContext, found = new Set<string>()): Set<string> {
  if (found.has(id)) return found;
  found.add(id);
  for (const next of context.getModuleInfo(id)?.importedIds ?? []) reachable(next, context, found);
  return found;
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
  transform: (code, id) =>
    id.endsWith('.ts') ? code.replace(IMPORT, "import tf from 'virtual:tfjs';") : null,
  resolveId: (name) => (name === 'virtual:tfjs' ? name : null),
  load: (id) =>
    id === 'virtual:tfjs'
      ? `import { createRequire } from 'node:module';
         export default createRequire(import.meta.url)('${TFJS}');`
      : null,
};

/** The copies of tfjs' binaries for pages, which a pool there sends to its workers. */
const withoutPages: Plugin = {
  name: 'without-pages',
  resolveId: (name) =>
    name.endsWith('/embedded-wasm.ts')
      ? { id: '../platform/embedded-wasm.js', external: true }
      : null,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleForNode(path.join(ROOT, 'dist/node'));
}
