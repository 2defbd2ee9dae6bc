import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimePackages, thirdParty, unwelcomeLicenses } from '../../scripts/third-party.ts';
import { MODELS, modelFile } from '../../src/packaged-models.ts';
import { headingIds, links } from '../../support/markdown.ts';
import { type PackedApp, packedApp } from './helpers.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Time for compiling, when dist/ is out of date. */
const BUILD_TIMEOUT_MS = 300_000;
const MODEL_FILES = MODELS.map(modelFile);
/** Bytes. The models and what surrounds them grow for different reasons; the animated image of README takes 0.5 MB. */
/** 1.5 MB of the rest are bundles for Node, which save 25 MB of memory and a third of the start. */
/** The default model takes 5.2 MB, nano 2.0 MB; weights hardly compress. */
const BUDGET = { models: 7.3e6, rest: 13.2e6, tarball: 11.8e6 };

let app: PackedApp;
let manifest: { exports: object; bin: object };
const own = (path: string) =>
  readFileSync(join(app.folder, 'node_modules/refinedet', path), 'utf8');

beforeAll(async () => {
  app = await packedApp();
  manifest = JSON.parse(own('package.json'));
}, BUILD_TIMEOUT_MS);
afterAll(() => app?.remove());

describe('the tarball', () => {
  const paths = () => app.packed.files.map(({ path }) => path);

  it('has the models, the documents, and everything that package.json lists', () => {
    const targets = [manifest.exports, manifest.bin].flatMap(leaves);
    expect(targets.length).toBeGreaterThan(15);
    const documents = ['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'THIRD-PARTY.md'];
    expect(paths()).toEqual(
      expect.arrayContaining([
        ...MODEL_FILES,
        ...documents,
        ...targets.map((path) => posix.normalize(path)),
      ]),
    );
  });

  it('has nothing else: no tests, no sources, no maps, no data', () => {
    const known =
      /^(dist\/.*\.(js|js\.LEGAL\.txt|d\.ts|html|css|jpg|svg)|docs\/.*\.(md|jpg|webp|svg)|models\/recipes\/.*\.json)$/;
    const others = paths().filter((path) => !known.test(path));
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'THIRD-PARTY.md',
      'examples/README.md',
      'models/README.md',
      ...MODEL_FILES.flatMap((file) => [file, `${file}.sha256`]),
      'models/training.md',
      'package.json',
    ]);
    expect(paths().filter((path) => /(^|[/.])tests?[/.]/.test(path))).toEqual([]);
  });

  it('stays within its budget', () => {
    const { size, unpackedSize, files } = app.packed;
    const models = files
      .filter(({ path }) => MODEL_FILES.includes(path))
      .reduce((sum, { size }) => sum + size, 0);
    expect(models).toBeLessThan(BUDGET.models);
    expect(unpackedSize - models).toBeLessThan(BUDGET.rest);
    expect(size).toBeLessThan(BUDGET.tarball);
  });

  it('contains nothing about the machine that packed it', () => {
    const texts = paths().filter((path) => /\.(js|ts|json|md|html)$/.test(path));
    expect(texts.filter((path) => own(path).includes(ROOT))).toEqual([]);
  });

  it('has every file that its documents name, or they say that it is in the repository', () => {
    const documents = paths().filter((path) => path.endsWith('.md'));
    const named = (text: string) =>
      text.match(/(?<![\w/.-])(bench|demo|scripts|support|test)\/\w[\w./-]*/g);
    const silent = documents.filter(
      (document) => named(own(document)) && !/\bin the repository\b/.test(own(document)),
    );
    expect(silent).toEqual([]);
    expect(named('see `test/a.test.ts`, runs/test/a and bench/b.ts')).toHaveLength(2);
  });

  it('has everything that its documents link to', () => {
    const documents = paths().filter((path) => path.endsWith('.md'));
    const broken = documents.flatMap((document) =>
      links(own(document))
        .map((link) => link.split('#'))
        .filter(([path, id]) => {
          const target = path ? posix.join(posix.dirname(document), path) : document;
          return !paths().includes(target) || (id && !headingIds(own(target)).includes(id));
        })
        .map((link) => `${document}: ${link.join('#')}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('package.json', { timeout: 300_000 }, () => {
  it('passes publint', async () => {
    const pkgDir = join(app.folder, 'node_modules/refinedet');
    const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('leads TypeScript to types that match the code', async () => {
    const bin = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const flags = [
      ...['--profile', 'esm-only', '--format', 'ascii'],
      ...['--exclude-entrypoints', ...MODEL_FILES.map((file) => `./${file}`)],
    ];
    const args = [bin, app.packed.tarball, ...flags, '--no-color', '--no-emoji'];
    // Its exit code says whether there are problems.
    const { code, stdout } = await run(process.execPath, args).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }) => ({ code, stdout }),
    );
    expect(code, stdout).toBe(0);
    for (const entry of Object.keys(manifest.exports)) {
      if (!MODEL_FILES.includes(entry.slice(2)))
        expect(stdout).toContain(`"${join('refinedet', entry)}"`);
    }
  });
});

it('has every guide on the site', () => {
  const { projectDocuments } = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8'));
  expect(projectDocuments).toEqual(expect.arrayContaining(globSync('docs/*.md', { cwd: ROOT })));
});

describe('THIRD-PARTY.md', () => {
  it('lists the installed packages', () => {
    expect(readFileSync(join(ROOT, 'THIRD-PARTY.md'), 'utf8')).toBe(thirdParty(runtimePackages()));
  });

  it('lists only permissive licenses', () => {
    expect(unwelcomeLicenses(runtimePackages())).toEqual([]);
    expect(unwelcomeLicenses([{ ...runtimePackages()[0], license: 'GPL-3.0' }])).toHaveLength(1);
  });
});

/** The paths in a tree of conditions. */
function leaves(tree: object | string): string[] {
  return typeof tree === 'string' ? [tree] : Object.values(tree).flatMap(leaves);
}
