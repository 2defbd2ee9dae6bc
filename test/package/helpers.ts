/** The package as its users get it: packed, and unpacked into an app. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { bundleForPages } from '../../scripts/build-browser.ts';
import { buildDemo } from '../../scripts/build-demo.ts';
import { bundleForNode } from '../../scripts/build-node.ts';
import { plainTypes } from '../../scripts/plain-types.ts';
import { embedRuntime, isBuilt } from '../../support/build-output.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PackedApp {
  folder: string;
  packed: Packed;
  /** Adds or replaces a file of the app. */
  write(path: string, content: string | Uint8Array): void;
  remove(): void;
}

/** Output of `npm pack` about the tarball. */
export interface Packed {
  tarball: string;
  /** Bytes. */
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** An empty app with the packed package in node_modules, and this project's dependencies. */
export async function packedApp(): Promise<PackedApp> {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-app-'));
  const packed = await pack(join(folder, 'package'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'refinedet'), { recursive: true });
  execFileSync('tar', [
    'xzf',
    packed.tarball,
    '-C',
    join(modules, 'refinedet'),
    '--strip-components=1',
  ]);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of new Set(Object.keys(dependencies).map((name) => name.split('/')[0]))) {
    // A junction needs no special rights on Windows; other systems ignore the type.
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  const write: PackedApp['write'] = (path, content) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('package.json', '{ "name": "app", "private": true, "type": "module" }');
  return { folder, packed, write, remove: () => rmSync(folder, { recursive: true }) };
}

async function pack(folder: string): Promise<Packed> {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const inputs = globSync(['package.json', 'README.md', 'LICENSE', ...files], {
    cwd: ROOT,
    ignore: 'dist/**',
  });
  for (const name of inputs) copy(name, folder);
  if (isBuilt()) copy('dist', folder);
  else await build(join(folder, 'dist'));
  const npm = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder, folder];
  // npm is a batch file on Windows, which only a shell starts.
  const shell = process.platform === 'win32';
  const output = execFileSync('npm', npm, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', shell });
  const [about] = JSON.parse(output);
  return { ...about, tarball: join(folder, about.filename) };
}

function copy(name: string, folder: string): void {
  cpSync(join(ROOT, name), join(folder, name), { recursive: true });
}

/** Builds into a separate folder: dist/ may be in use. */
async function build(folder: string): Promise<void> {
  await embedRuntime();
  await bundleForPages(join(folder, 'browser'));
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', folder];
  execFileSync(process.execPath, tsc, { cwd: ROOT });
  plainTypes(folder);
  await bundleForNode(join(folder, 'node'));
  await buildDemo(join(folder, 'demo'));
}
