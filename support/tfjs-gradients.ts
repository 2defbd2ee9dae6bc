/**
 * Registers tfjs' own gradients, which tfjs-core exports only as ES modules that Node cannot load:
 * they are bundled here. Both copies of tfjs-core share one engine and one registry.
 */
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import '@tensorflow/tfjs-core';

const { outputFiles } = buildSync({
  stdin: {
    contents: "import '@tensorflow/tfjs-core/dist/register_all_gradients.js'",
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  bundle: true,
  platform: 'node',
  format: 'iife',
  write: false,
});
new Function(outputFiles[0].text)();
