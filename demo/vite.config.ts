/** Builds the demo page as files that any server can serve under any path. */
import { fileURLToPath } from 'node:url';
import type { Plugin, UserConfig } from 'vite';
import { readyPagePlugin } from './ready-page.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Without these headers the page works too, on one thread. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The page imports the package by its name, and gets the sources. */
const ENTRIES = {
  'refinedet/worker/serve': 'worker/serve.ts',
  'refinedet/worker': 'worker/index.ts',
  'refinedet/webgl': 'backend/webgl.ts',
  'refinedet/webgpu': 'backend/webgpu.ts',
  refinedet: 'index.ts',
};

/** A built page loads its models from its own folder, where `refinedet demo` serves any model. */
function modelsBesidePage(): Plugin {
  return {
    name: 'models-beside-page',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/model-urls\.ts$/ },
      handler: (code) =>
        code.replaceAll(
          /'\.\.\/\.\.\/(models\/[^']+)', import\.meta\.url/g,
          "'$1', document.baseURI",
        ),
    },
  };
}

export default {
  root: here('.'),
  base: './',
  cacheDir: here('../.cache/vite'),
  resolve: {
    conditions: ['refinedet-source', 'module', 'browser', 'development|production'],
    alias: Object.entries(ENTRIES).map(([name, file]) => ({
      find: new RegExp(`^${name}$`),
      replacement: here(`../src/${file}`),
    })),
  },
  plugins: [modelsBesidePage(), readyPagePlugin()],
  worker: { format: 'es', plugins: () => [modelsBesidePage()] },
  server: { headers: ISOLATION, fs: { allow: [here('..')] } },
  build: {
    outDir: here('../dist/demo'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: [here('index.html'), here('zones.html'), here('teach.html')],
      checks: { pluginTimings: false },
    },
  },
} satisfies UserConfig;
