/** Builds and runs every section of docs/frameworks.md, with the frameworks that npm installs today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { sectionsOf } from '../../support/markdown.ts';
import { createProject, type Project, registryProblem } from './framework-project.ts';
import { NEXT, REACT, SVELTEKIT } from './framework-scaffolds.ts';
import { type PackedApp, packedApp } from './helpers.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMAGES = { cat: 'examples/cat.jpg', person: 'examples/astronaut.jpg' };
const bytesOf = (label: keyof typeof IMAGES) => readFileSync(join(ROOT, IMAGES[label]));
const filesOf = sectionsOf(readFileSync(join(ROOT, 'docs/frameworks.md'), 'utf8'));
/** All but refinedet/train, whose tensors have the types of TensorFlow.js, which need `skipLibCheck`. */
const ENTRIES = [
  'refinedet',
  ...['worker', 'worker/serve', 'pool', 'datasets', 'eval', 'export', 'cpu', 'webgl', 'webgpu'].map(
    (name) => `refinedet/${name}`,
  ),
];
/** Requests at a time. */
const MANY = 20;
/** Installations and builds on a busy machine. */
const PATIENCE_MS = 900_000;

const problem = registryProblem();
if (problem) console.warn(`the frameworks are not tested: ${problem}`);

describe.skipIf(problem)('a page of', { timeout: PATIENCE_MS }, () => {
  let packed: PackedApp;
  let browser: Browser | undefined;
  beforeAll(async () => {
    packed = await packedApp();
    if (hasChromium) browser = await launchChromium();
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    packed?.remove();
  });

  const project = (packages: string[], files: Record<string, string>) =>
    createProject([packed.packed.tarball, ...packages], files);

  /** Opens the page of a server, and detects in both images. */
  async function expectPageWorks(url: string): Promise<void> {
    const page = await browser!.newPage();
    page.setDefaultTimeout(PATIENCE_MS / 2);
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(url);
    for (const label of ['cat', 'person'] as const) {
      // Enabled when the model has loaded.
      await page.waitForSelector('input:enabled');
      await page.locator('input').setInputFiles(join(ROOT, IMAGES[label]));
      await page.waitForSelector(`li:has-text("${label}")`);
    }
    expect(problems.filter((text) => !/favicon|404/.test(text))).toEqual([]);
    await page.close();
  }

  async function detect(url: string, image: Uint8Array): Promise<[number, unknown]> {
    const body = Uint8Array.from(image);
    const answer = await fetch(`${url}/api/detect`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg', origin: url },
    });
    return [answer.status, await answer.json()];
  }

  /** Detects in many images at a time; a bad one fails alone. */
  async function expectServerWorks(url: string): Promise<void> {
    const labels = Array.from({ length: MANY }, (_, i) => (i % 2 ? 'cat' : 'person'));
    const bad = detect(url, Buffer.from('not an image'));
    const answers = await Promise.all(labels.map((label) => detect(url, bytesOf(label))));
    expect(answers.map(([status]) => status)).toEqual(Array(MANY).fill(200));
    const found = answers.map(([, detections]) => (detections as { label: string }[])[0].label);
    expect(found).toEqual(labels);
    expect(await bad).toEqual([400, expect.objectContaining({ message: expect.any(String) })]);
  }

  const use = async (made: Project, work: (made: Project) => Promise<void>) => {
    try {
      await work(made);
    } finally {
      await made.remove();
    }
  };

  it.skipIf(!hasChromium)('React, in StrictMode', async () => {
    const { packages, files } = REACT;
    await use(project(packages, { ...filesOf('React'), ...files }), async (made) => {
      await made.run('npx', 'tsc', '--noEmit');
      await expectPageWorks(await made.serve('npx', 'vite', '--port', '$PORT', '--strictPort'));
    });
  });

  it.skipIf(!hasChromium)('Next.js, and its route handler', async () => {
    const { packages, files } = NEXT;
    const react = Object.entries(filesOf('React')).map(([path, code]) => [
      path.replace(/^src\//, 'app/'),
      code,
    ]);
    const all = { ...Object.fromEntries(react), ...filesOf('Next.js'), ...files };
    await use(project(packages, all), async (made) => {
      await made.run('npx', 'next', 'build');
      const url = await made.serve('npx', 'next', 'start', '--port', '$PORT');
      await expectServerWorks(url);
      await expectPageWorks(url);
    });
  });

  it.skipIf(!hasChromium)('SvelteKit, and its endpoint', async () => {
    const { packages, files } = SVELTEKIT;
    await use(project(packages, { ...filesOf('SvelteKit'), ...files }), async (made) => {
      await made.run('npx', 'vite', 'build');
      const url = await made.serve('node', 'build');
      await expectServerWorks(url);
      await expectPageWorks(url);
    });
  });

  it.each(['Express', 'Fastify'])('%s answers many requests at a time', async (name) => {
    await use(project([name.toLowerCase()], filesOf(name)), async (made) => {
      expect(made.installation).not.toMatch(/warn.*(install-scripts|refinedet)/);
      await expectServerWorks(await made.serve('node', 'server.mjs'));
    });
  });

  it.each(['5.9', '7'])('TypeScript %s, as strict as possible', async (version) => {
    await use(project([`typescript@${version}`], filesOf('TypeScript')), async (made) => {
      made.write(
        'entries.ts',
        ENTRIES.map((entry, i) => `export * as e${i} from '${entry}';`).join('\n'),
      );
      expect(await made.run('npx', 'tsc')).toBe('');
      made.write('detect.ts', `import { RefineDet } from 'refinedet';\nRefineDet.load(1);\n`);
      await expect(made.run('npx', 'tsc')).rejects.toThrow(/TS2345/);
    });
  });
});
