/** Small test apps, bundled from the sources like a user's app from the package. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { embedMissingWasm } from '../../scripts/embed.ts';

export interface BundledApp {
  /** Folder with an index.html. */
  folder: string;
  remove(): void;
}

/** @param name folder next to the tests */
export async function bundleApp(name: string): Promise<BundledApp> {
  const folder = mkdtempSync(join(tmpdir(), `refinedet-${name}-`));
  await embedMissingWasm();
  await build({
    root: fileURLToPath(new URL(`../../test/browser/${name}`, import.meta.url)),
    configFile: false,
    logLevel: 'error',
    // Sets only the location of the sources: Vite itself handles workers inside workers.
    resolve: { conditions: ['refinedet-source', 'browser', 'module'] },
    build: { outDir: folder, target: 'es2022' },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
