/** Runs every fenced block of the documents with the packed package. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { SaxesParser } from 'saxes';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { resolveTrainConfig } from '../../src/training/api.ts';
import { hasChromium } from '../../support/browser/chromium.ts';
import { codeBlocks } from '../../support/markdown.ts';
import { isPosix } from '../../support/posix.ts';
import { hasFfmpeg } from '../../support/video/ffmpeg.ts';
import { writeTree } from '../datasets/tree.ts';
import { FOREIGN_FILES } from './foreign-files.ts';
import { type PackedApp, packedApp } from './helpers.ts';
import { isRun, NOT_RUN } from './not-run.ts';
import { runInPages } from './page-samples.ts';
import { inOneStep, untilOutput } from './run-samples.ts';
import { samplesWorld } from './samples-world.ts';
import { checkCommand, commandsOf, isServer, runnable } from './shell-samples.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = globSync(['*.md', 'docs/*.md', 'models/*.md'], {
  cwd: ROOT,
  // frameworks.test.ts builds its projects.
  ignore: 'docs/frameworks.md',
}).sort();
/** Documents whose programs run in pages, unless they are for Node. */
const FOR_PAGES = ['docs/browser.md', 'docs/worker.md'];
/** Output, headers and file contents: not programs. */
const PLAIN = ['', 'text'];
const PROGRAMS = ['js', 'ts'];
/** Many processes on a busy machine need time. */
const PATIENT = { timeout: 600_000 };
const HANDLED = [...PLAIN, ...PROGRAMS, 'sh', 'bash', 'json', 'jsonc', 'xml', 'yaml'];

const blocks = PAGES.flatMap((page) =>
  codeBlocks(readFileSync(join(ROOT, page), 'utf8')).map((block) => ({ ...block, page })),
);
type Sample = (typeof blocks)[number];
const ofLanguage = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language));
const nameOf = ({ page, line }: Sample) => `${page}:${line}`;
const dashed = (name: string) => name.replace(/\W+/g, '-');
const pagesWith = (samples: Sample[]) => [...new Set(samples.map(({ page }) => page))];

/** Whether a program is for pages, not for Node. */
const isForPages = ({ page, code }: Sample) =>
  (FOR_PAGES.includes(page) && !code.includes("'node:")) ||
  /self\.onmessage|document\.querySelector/.test(code);

let app: PackedApp;
beforeAll(async () => {
  app = await packedApp();
  for (const name of ['@types', 'onnxruntime-node', 'onnxruntime-common', 'sharp']) {
    symlinkSync(
      join(ROOT, 'node_modules', name),
      join(app.folder, 'node_modules', name),
      'junction',
    );
  }
}, 300_000);
afterAll(() => app?.remove());

/** A folder with all files that samples need, like that of a reader. */
function world(name: string): string {
  const folder = join(app.folder, 'worlds', name.replaceAll('/', '-'));
  mkdirSync(folder, { recursive: true });
  writeTree(folder, samplesWorld());
  return folder;
}

/** Adds the weight files that a command line uses; some are large. */
function addForeignFiles(folder: string, command: string): void {
  for (const word of command.split(' ').filter((word) => word in FOREIGN_FILES)) {
    writeTree(folder, { [word]: FOREIGN_FILES[word]() });
  }
}

/** Copies files of test/package/app into the app. */
function addAppFiles(...names: string[]): string[] {
  for (const name of names) {
    copyFileSync(join(ROOT, 'test/package/app', name), join(app.folder, name));
  }
  return names;
}

/** TypeScript's problems with files of the app. */
async function compile(files: string[], options: Record<string, unknown>): Promise<string> {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
    module: options['moduleResolution'] === 'bundler' ? 'preserve' : 'nodenext',
    types: ['node'],
    noEmit: true,
    ...options,
  };
  app.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', app.folder]).then(
    () => '',
    ({ stdout }) => stdout,
  );
}

/** The folder with the command `refinedet`. */
function bin(): string {
  const main = join(app.folder, 'node_modules/refinedet/dist/cli/main.js');
  app.write('bin/refinedet', `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(app.folder, 'bin/refinedet'), 0o755);
  return join(app.folder, 'bin');
}

it('covers every block', () => {
  expect(blocks.length).toBeGreaterThan(40);
  expect(blocks.filter(({ language }) => !HANDLED.includes(language)).map(nameOf)).toEqual([]);
});

describe('programs', PATIENT, () => {
  const programs = ofLanguage(...PROGRAMS);
  const fileOf = (sample: Sample) => `${dashed(nameOf(sample))}.${sample.language}`;

  const compiled = programs.filter((one) => one.language === 'ts' || isForPages(one));
  it.each(
    ['js', 'ts'].flatMap((language) => [
      [language, 'nodenext'],
      [language, 'bundler'],
    ]),
  )('%s compiles with module resolution "%s"', async (language, moduleResolution) => {
    const samples = compiled.filter((sample) => sample.language === language);
    for (const sample of samples) app.write(fileOf(sample), `${sample.code}export {};\n`);
    const files = [...samples.map(fileOf), ...addAppFiles('samples.d.ts', 'assets.d.ts')];
    const options = { strict: language === 'ts', checkJs: language === 'js', skipLibCheck: true };
    // With "bundler", only this condition tells a program in Node from a page.
    const customConditions = language === 'ts' ? ['node'] : [];
    const resolution = {
      moduleResolution,
      ...(moduleResolution === 'bundler' && { customConditions }),
    };
    expect(await compile(files, { ...options, ...resolution })).toBe('');
  });

  const inNode = programs.filter(
    (sample) => !isForPages(sample) && (hasFfmpeg || !sample.code.includes('refinedet/video')),
  );
  it.each(pagesWith(inNode))('of %s run', async (page) => {
    const cwd = world(`${page}-programs`);
    for (const sample of inNode.filter((one) => one.page === page)) {
      const { code } = transformSync(inOneStep(sample.code), { loader: 'ts', format: 'esm' });
      writeTree(cwd, { 'sample.mjs': code });
      const done = code.includes('new Worker(')
        ? untilOutput(spawn(process.execPath, ['sample.mjs'], { cwd }))
        : run(process.execPath, ['sample.mjs'], { cwd });
      await expect(done, nameOf(sample)).resolves.toBeDefined();
    }
  });
});

describe.skipIf(!hasChromium)('programs for pages', PATIENT, () => {
  it('finish in Chromium', async () => {
    const samples = ofLanguage(...PROGRAMS).filter(isForPages);
    await runInPages(
      app,
      samples.map((one) => ({ name: dashed(nameOf(one)), code: one.code })),
    );
  });
});

describe('the types', PATIENT, () => {
  it.each(['nodenext', 'bundler'])(
    'keep what they promise, with "%s"',
    async (moduleResolution) => {
      const files = addAppFiles('types.ts');
      const problems = await compile(files, { moduleResolution, strict: true });
      // Those of other packages, whose declarations are compiled too, are not ours to mend.
      const own = problems.split('\n').filter((line) => /types\.ts|refinedet\/dist/.test(line));
      expect(own).toEqual([]);
    },
  );

  it('of refinedet/train are those of the platform', async () => {
    app.write(
      'train-types.ts',
      `import { RunFolder, train } from 'refinedet/train';\nexport const all = [RunFolder, train];\n`,
    );
    const problems = (options: object) =>
      compile(['train-types.ts'], { strict: true, skipLibCheck: true, ...options });
    const page = await problems({ moduleResolution: 'bundler', types: [] });
    expect(page.trim().split('\n')).toEqual([
      expect.stringMatching(/train-types\.ts\(1,10\): error TS2305: .*'RunFolder'/),
    ]);
    const inNode = { moduleResolution: 'bundler', customConditions: ['node'] };
    expect(await problems(inNode)).toBe('');
    expect(await problems({ moduleResolution: 'nodenext' })).toBe('');
  });
});

describe('command lines', PATIENT, () => {
  const shell = ofLanguage('sh');

  it.each(pagesWith(shell))('of %s are valid', async (page) => {
    for (const sample of shell.filter((one) => one.page === page)) {
      for (const command of commandsOf(sample.code)) {
        await expect(checkCommand(command, ROOT), `${nameOf(sample)}: ${command}`).resolves.toBe(
          undefined,
        );
      }
    }
  });

  it.skipIf(!isPosix).each(pagesWith(shell))('of %s run', async (page) => {
    const cwd = world(`${page}-shell`);
    const env = { ...process.env, PATH: `${bin()}:${process.env['PATH']}` };
    for (const sample of shell.filter((one) => one.page === page)) {
      for (const command of commandsOf(sample.code).map(runnable).filter(isRun)) {
        addForeignFiles(cwd, command);
        const done = isServer(command)
          ? untilOutput(spawn('sh', ['-c', `exec ${command}`], { cwd, env }), expectAnswer)
          : run('sh', ['-c', command], { cwd, env });
        await expect(done, `${nameOf(sample)}: ${command}`).resolves.toBeDefined();
      }
    }
  });

  it('are left out for a documented reason only', () => {
    const commands = shell.flatMap(({ code }) => commandsOf(code).map(runnable));
    for (const { of } of NOT_RUN) expect(commands.some((line) => of.test(line))).toBe(true);
  });
});

/** Opens the page of a server that has printed its address. */
async function expectAnswer(url: string): Promise<void> {
  expect(await (await fetch(url)).text()).toContain('<html');
}

describe('data', () => {
  const parse = {
    json: (code: string) => JSON.parse(code),
    jsonc: (code: string) => JSON.parse(code.replace(/\s\/\/ .*$/gm, '')),
    xml: (code: string) => new SaxesParser().write(code).close(),
    yaml: (code: string) => parseAllDocuments(code).map((document) => document.toJS()),
  };

  it.each(Object.keys(parse) as (keyof typeof parse)[])('%s can be parsed', (language) => {
    for (const sample of ofLanguage(language)) {
      expect(() => parse[language](sample.code), nameOf(sample)).not.toThrow();
    }
  });

  it('configurations of a training are accepted', () => {
    const configs = ofLanguage('json').filter(({ page }) => page === 'docs/training.md');
    expect(configs.length).toBeGreaterThan(0);
    for (const { code } of configs) resolveTrainConfig(JSON.parse(code));
  });
});
