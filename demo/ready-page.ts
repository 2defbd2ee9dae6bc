/** Builds the page that the user downloads with a model: one file that works without a server. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

const NAME = 'ready-page.html';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const page = (script: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Detector</title>
<style>
body { max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif }
canvas { width: 100%; border-radius: .75rem; background: #10171a }
form { display: flex; gap: .75rem; flex-wrap: wrap; align-items: center }
</style>
<h1>Detector</h1>
<form><label>Image <input id="file" type="file" accept="image/*"></label> <button id="camera" type="button">Camera</button></form>
<p id="found" role="status">Loading …</p>
<canvas id="canvas" width="640" height="400" role="img" aria-label="Image with boxes"></canvas>
<script id="model" type="text/plain">MODEL</script>
<script type="module">${script}</script>
</html>
`;

async function readyPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('src/ready/page.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['refinedet-source'],
    alias: { refinedet: here('../src/index.ts') },
    logLevel: 'warning',
  });
  return page(outputFiles[0].text);
}

/** Adds the page to a build, and to the development server. */
export function readyPagePlugin(): Plugin {
  return {
    name: 'ready-page',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: NAME, source: await readyPage() });
    },
    configureServer(server) {
      server.middlewares.use(`/${NAME}`, async (_, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(await readyPage());
      });
    },
  };
}
