/** Builds the demo page into dist/demo, from where `refinedet demo` serves it. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import config from '../demo/vite.config.ts';

export async function buildDemo(outDir = config.build.outDir): Promise<void> {
  await build({
    ...config,
    configFile: false,
    logLevel: 'warn',
    build: { ...config.build, outDir },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDemo();
