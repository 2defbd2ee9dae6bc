import { execFile } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import * as vite8 from 'vite';
import * as vite7 from 'vite7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { RefineDet, writeModel } from '../../src/index.ts';
import { MODELS, modelFile } from '../../src/packaged-models.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { expectSame, OPTIONS } from '../../support/browser/fixture.ts';
import { ISOLATION, serveSite } from '../../support/browser/server.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { type PackedApp, packedApp } from './helpers.ts';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const CAT = join(EXAMPLES, 'cat.jpg');

/** Time for compiling, when dist/ is out of date. */
const BUILD_TIMEOUT_MS = 300_000;

/** Bundlers must not change the scripts of threads. */
const THREADS = 2;

/** An app that only imports and uses the package. */
const main = (library: string, worker: string) => `
import { RefineDet } from '${library}';
import { createWorkerDetector } from '${worker}';

async function run() {
  const options = ${JSON.stringify(OPTIONS)}, threads = ${THREADS};
  const model = '/model.safetensors', image = '/examples/cat.jpg';
  const detectors = [
    await RefineDet.load(model, { threads }),
    await RefineDet.load(undefined, { threads }),
    await createWorkerDetector(model, { threads }),
    await createWorkerDetector(undefined, { threads }),
    await RefineDet.load('nano', { threads }),
    await createWorkerDetector('nano', { threads }),
  ];
  const found = await Promise.all(detectors.map((detector) => detector.detect(image, options)));
  return { found, threads: detectors.map((detector) => detector.threads) };
}
run().then((result) => { globalThis.result = result; },
  (error) => { globalThis.result = { error: String(error.stack) }; });
`;
const page = (script: string) =>
  `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

let app: PackedApp;
beforeAll(async () => {
  app = await packedApp();
}, BUILD_TIMEOUT_MS);
afterAll(() => app?.remove());

const execute = (file: string) => run(process.execPath, [file], { cwd: app.folder });

describe('the packed package in Node', () => {
  it('has no side effects when imported', async () => {
    app.write(
      'entries.js',
      `const before = Object.keys(globalThis);
       for (const entry of ['', '/datasets', '/eval', '/export', '/train', '/pool', '/serve', '/video', '/worker', '/worker/serve', '/cpu', '/webgl', '/webgpu', '/onnxruntime']) {
         console.log(entry, Object.keys(await import('refinedet' + entry)).length > 0);
       }
       // tfjs keeps its engine there, so that two copies of it are one.
       const added = Object.keys(globalThis).filter((key) => !before.includes(key) && !key.startsWith('_tf'));
       console.log(added.join() || 'nothing else');`,
    );
    const { stdout, stderr } = await execute('entries.js');
    expect(stdout.trim().split('\n')).toHaveLength(15);
    expect(stdout).not.toContain('false');
    expect(stdout).toContain('nothing else');
    expect(stderr).toBe('');
  });

  it('is imported as an ES module', async () => {
    app.write(
      'esm.js',
      `import { RefineDet, RefineDetError } from 'refinedet';
       const error = await RefineDet.load('nowhere.safetensors').catch((error) => error);
       console.log(error instanceof RefineDetError, error.code);`,
    );
    const { stdout, stderr } = await execute('esm.js');
    expect(stdout.trim()).toBe('true FILE_NOT_FOUND');
    expect(stderr).toBe('');
  });

  it('has all models, and names the file of one that is missing', async () => {
    const script = (name: string) => `import { MODELS, RefineDet } from 'refinedet';
       for (const name of ${name}) {
         const detector = await RefineDet.load(name).catch((error) => error);
         console.log(detector.config?.preset ?? detector.code + ': ' + detector.message);
         detector.dispose?.();
       }`;
    app.write('models.js', script('MODELS'));
    const { stdout } = await execute('models.js');
    expect(stdout.trim().split('\n')).toEqual(['refinedet320-mobilenet', 'refinedet192-nano']);
    for (const name of MODELS) {
      const file = join(app.folder, 'node_modules/refinedet', modelFile(name));
      renameSync(file, `${file}.gone`);
      app.write('missing.js', script(JSON.stringify([name])));
      const { stdout } = await execute('missing.js');
      renameSync(`${file}.gone`, file);
      expect(stdout).toMatch(`NO_DEFAULT_MODEL: the package lacks ${modelFile(name)}: install it`);
    }
  });

  it('is imported from CommonJS', async () => {
    app.write(
      'common.cjs',
      `import('refinedet').then(({ RefineDet }) => console.log(typeof RefineDet.load));`,
    );
    const { stdout, stderr } = await execute('common.cjs');
    expect(stdout.trim()).toBe('function');
    expect(stderr).toBe('');
  });

  it('is required from CommonJS, or reports what to do where Node cannot', async () => {
    app.write('require.cjs', `console.log(typeof require('refinedet').RefineDet.load);`);
    const isAble = process.features.require_module;
    if (isAble) {
      const { stdout, stderr } = await execute('require.cjs');
      expect(stdout.trim()).toBe('function');
      expect(stderr).toBe('');
    }
    const flags = isAble ? ['--no-experimental-require-module'] : [];
    const old = await run(process.execPath, [...flags, 'require.cjs'], { cwd: app.folder })
      .then(() => '')
      .catch(({ stderr }) => stderr);
    expect(old).toMatch(/ERR_REQUIRE_ESM/);
    expect(old).toMatch(/dynamic import\(\)/);
  });

  it('reports the optional package that a backend needs', async () => {
    app.write('model.safetensors', await writeModel(randomModel(64)));
    app.write(
      'backends.js',
      `import { RefineDet } from 'refinedet';
       import { onnxruntime } from 'refinedet/onnxruntime';
       import { webgpu } from 'refinedet/webgpu';
       for (const backend of [webgpu, onnxruntime, 'onnxruntime']) {
         const error = await RefineDet.load('model.safetensors', { backend }).catch((e) => e);
         console.log(error.code + ': ' + error.message);
       }
       // Nobody has asked for it here.
       const info = (note) => console.log(note.replace(/[\\d.]+ ms/, 'x ms'));
       const { backend } = await RefineDet.load('model.safetensors', { backend: 'auto', info });
       console.log(backend);`,
    );
    const { stdout, stderr } = await execute('backends.js');
    const native =
      'MISSING_DEPENDENCY: the onnxruntime backend needs the package onnxruntime-node: npm install onnxruntime-node';
    expect(stdout.trim().split('\n')).toEqual([
      'MISSING_DEPENDENCY: the webgpu backend in Node needs the package webgpu: npm install webgpu',
      native,
      native,
      'refinedet runs on wasm: wasm x ms an image',
      'wasm',
    ]);
    expect(stderr).toBe('');
  });

  it('includes the demo page', async () => {
    app.write('model.safetensors', await writeModel(randomModel(64)));
    const cli = 'node_modules/refinedet/dist/cli/main.js';
    const flags = ['demo', '--model', 'model.safetensors', '--out', 'site'];
    const { stdout } = await run(process.execPath, [cli, ...flags], { cwd: app.folder });
    expect(stdout).toBe('');
    expect(readFileSync(join(app.folder, 'site/index.html'), 'utf8')).toContain('RefineDet demo');
  });

  it('detects inside worker_threads and lets the process end', async () => {
    app.write('model.safetensors', await writeModel(randomModel(64)));
    app.write(
      'threads.js',
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
       import { RefineDet } from 'refinedet';
       if (isMainThread) {
         const worker = new Worker(new URL(import.meta.url));
         worker.on('message', (message) => console.log(message));
       } else {
         const detector = await RefineDet.load('model.safetensors', { threads: ${THREADS} });
         const found = await detector.detect(${JSON.stringify(CAT)}, ${JSON.stringify(OPTIONS)});
         parentPort.postMessage(detector.threads + ' ' + (found.length > 0));
         detector.dispose();
       }`,
    );
    const { stdout, stderr } = await execute('threads.js');
    expect(stdout.trim()).toBe(`${THREADS} true`);
    expect(stderr).toBe('');
  });
});

describe.skipIf(!hasChromium)('the packed package in a page', () => {
  let browser: Browser;
  let model: Uint8Array;
  let expected: Awaited<ReturnType<RefineDet['detect']>>;
  beforeAll(async () => {
    model = await writeModel(randomModel());
    const detector = await RefineDet.load(model, { threads: 1 });
    expected = await detector.detect(CAT, OPTIONS);
    detector.dispose();
    // Served like the package's own files, so that its results are known.
    for (const name of MODELS) app.write(`node_modules/refinedet/${modelFile(name)}`, model);
    browser = await launchChromium();
    app.write('index.html', page('/main.js'));
    app.write('main.js', main('refinedet', 'refinedet/worker'));
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function expectWorks(url: string): Promise<void> {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('pageerror', (error) => problems.push(error.message));
    await tab.goto(url);
    // Development servers reload the page after they discover a dependency.
    const result = await tab.waitForFunction(
      () => (globalThis as never as { result: object }).result,
    );
    const { found, threads, error } = (await result.jsonValue()) as {
      found?: (typeof expected)[];
      threads?: number[];
      error?: string;
    };
    expect(error).toBeUndefined();
    expect(threads).toEqual(Array(6).fill(THREADS));
    for (const detections of found!) expectSame(detections, expected);
    expect(problems).toEqual([]);
    await tab.close();
  }

  /** Serves the output of a bundler, and the data. */
  async function expectBuildWorks(folder: string): Promise<void> {
    const site = await serveSite({
      folders: { '': folder, '/examples': EXAMPLES },
      files: { '/model.safetensors': model },
      isolated: true,
    });
    await expectWorks(`${site.url}/index.html`);
    await site.close();
  }

  it.each(['browser', 'browser/gpu'])('works without a bundler, from dist/%s', async (name) => {
    app.write('plain.html', page('/plain.js'));
    const folder = `/node_modules/refinedet/dist/${name}`;
    const script = main(`${folder}/refinedet.js`, `${folder}/worker.js`);
    app.write('plain.js', script);
    const site = await serveSite({
      folders: { '': app.folder, '/examples': EXAMPLES },
      files: { '/model.safetensors': model },
      isolated: true,
    });
    await expectWorks(`${site.url}/plain.html`);
    await site.close();
  });

  describe.each([
    ['Vite 8', vite8],
    ['Vite 7', vite7 as unknown as typeof vite8],
  ])('%s', (name, vite) => {
    const inline = () => ({
      root: app.folder,
      configFile: false as const,
      logLevel: 'error' as const,
      cacheDir: join(app.folder, `node_modules/.vite-${name.at(-1)}`),
    });

    it('builds it', async () => {
      const outDir = join(app.folder, `built-${name.at(-1)}`);
      await vite.build({ ...inline(), build: { outDir, target: 'es2022' } });
      await expectBuildWorks(outDir);
    });

    it('serves it during development', async () => {
      const data = await serveSite({
        folders: { '/examples': EXAMPLES },
        files: { '/model.safetensors': model },
      });
      const server = await vite.createServer({
        ...inline(),
        server: {
          port: 0,
          headers: ISOLATION,
          proxy: { '/examples': data.url, '/model.safetensors': data.url },
        },
      });
      await server.listen();
      await expectWorks(server.resolvedUrls!.local[0]);
      await server.close();
      await data.close();
    });
  });

  it('is built by webpack 5', async () => {
    const output = join(app.folder, 'webpacked');
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      const config: webpack.Configuration = {
        context: app.folder,
        entry: './main.js',
        mode: 'production',
        target: 'web',
        output: { path: output, publicPath: '/' },
        performance: false,
      };
      webpack(config, (error, stats) => (stats ? resolve(stats) : reject(error)));
    });
    expect(stats.toJson().errors).toEqual([]);
    app.write('webpacked/index.html', page('/main.js'));
    await expectBuildWorks(output);
  });
});
