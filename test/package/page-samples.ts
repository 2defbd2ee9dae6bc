/** Programs for pages: an app that Vite bundles, with one page per program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { expect } from 'vitest';
import { writeModel } from '../../src/index.ts';
import { launchChromium } from '../../support/browser/chromium.ts';
import { serveSite } from '../../support/browser/server.ts';
import { randomModel } from '../../support/models/random-model.ts';
import type { PackedApp } from './helpers.ts';
import { inOneStep } from './run-samples.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Time limit for one page, including one training step. */
const LIMIT_MS = 120_000;

interface PageSample {
  name: string;
  code: string;
}

/** A program whose first line names its file is a worker that another program starts. */
const FILE_NAME = /^\/\/ ([\w-]+\.js)/;

/** Variables that samples use, see samples.d.ts; a camera delivers one frame. */
const PRELUDE = `
import { RefineDet } from 'refinedet';
const detector = await RefineDet.load('/model.safetensors');
const { stream } = detector;
detector.stream = async function* (...given) {
  for await (const frame of stream.apply(detector, given)) return yield frame;
};
const image = await createImageBitmap(await (await fetch('/examples/cat.jpg')).blob());
Object.assign(globalThis, { detector, image, model: '/model.safetensors', draw() {} });
`;

/** The page that sends images to the trainer of docs/training.md, and detects with the model. */
const TRAINING_PAGE: PageSample = {
  name: 'training-page',
  code: `
import { RefineDet } from 'refinedet';
const worker = new Worker(new URL('./trainer.js', import.meta.url), { type: 'module' });
const model = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => data.model && resolve(data.model);
  worker.onerror = ({ message }) => reject(new Error(message));
});
const file = await (await fetch('/examples/cat.jpg')).blob();
const boxes = [{ classId: 0, box: { x: 5, y: 1, width: 400, height: 299 }, difficult: false, crowd: false }];
worker.postMessage([{ file, width: 451, height: 300, boxes }]);
await (await RefineDet.load(await model)).detect(image);
`,
};

/** Runs every program to its end, without an error, in its own page. */
export async function runInPages(app: PackedApp, samples: readonly PageSample[]): Promise<void> {
  const outDir = join(app.folder, 'pages');
  const names = await buildPages(app, samples, outDir);
  const model = await writeModel(randomModel());
  const site = await serveSite({
    folders: { '/examples': join(ROOT, 'examples'), '': outDir },
    files: {
      '/model.safetensors': model,
      '/models/animals.safetensors': model,
      '/ssd-mobilenetv2.safetensors': readFileSync(join(ROOT, 'models/default.safetensors')),
    },
    isolated: true,
  });
  const browser = await launchChromium({ camera: true });
  try {
    for (const name of names) await expectEnd(browser, `${site.url}/${name}.html`);
  } finally {
    await browser.close();
    await site.close();
  }
}

async function expectEnd(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage();
  const failure = new Promise<never>((_, reject) => page.once('pageerror', reject));
  await page.goto(url);
  const end = page.waitForFunction('globalThis.isDone', undefined, { timeout: LIMIT_MS });
  await expect(Promise.race([end, failure]), url).resolves.toBeDefined();
  await page.close();
}

/** Names of the pages: `/NAME.html` sets `isDone` when its program ends. */
async function buildPages(app: PackedApp, samples: readonly PageSample[], outDir: string) {
  const pages: string[] = [];
  app.write('prelude.js', PRELUDE);
  for (const { name, code } of [...samples, TRAINING_PAGE]) {
    const file = FILE_NAME.exec(code)?.[1];
    if (file) app.write(file, inOneStep(code));
    else {
      pages.push(name);
      app.write(`${name}.js`, `import './prelude.js';\n${code}\nglobalThis.isDone = true;\n`);
      app.write(`${name}.html`, htmlOf(name));
    }
  }
  await build({
    root: app.folder,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      target: 'es2022',
      rollupOptions: { input: pages.map((name) => join(app.folder, `${name}.html`)) },
    },
  });
  return pages;
}

const htmlOf = (name: string) =>
  `<!doctype html><link rel="icon" href="data:,"><img src="/examples/cat.jpg">
   <script type="module" src="/${name}.js"></script>`;
