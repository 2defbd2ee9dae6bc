/** What `npm ci` does in a clone of this repository. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Manifest {
  scripts?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
}
interface Lock {
  packages: Record<string, { hasInstallScript?: boolean; resolved?: string }>;
}

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
const { allowScripts = {} }: Manifest = JSON.parse(read('package.json'));
const { packages }: Lock = JSON.parse(read('package-lock.json'));
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Installed packages that would run a script during installation. */
function scripted(): string[] {
  return Object.keys(packages).filter((folder) => {
    const file = `${folder}/package.json`;
    if (folder === '' || !existsSync(new URL(`../../${file}`, import.meta.url))) return false;
    const { scripts = {} }: Manifest = JSON.parse(read(file));
    return INSTALL_SCRIPTS.some((name) => name in scripts);
  });
}

it('runs no script of a dependency, as npm 11 reads package.json', () => {
  const names = scripted().map((folder) => folder.replace(/^.*node_modules\//, ''));
  expect(names).toContain('onnxruntime-node');
  for (const name of names) expect(allowScripts, name).toHaveProperty([name], false);
});

it('runs no script of a dependency, as npm 10 reads package-lock.json', () => {
  // npm 10 has no allowScripts; onnxruntime-node's script would download binaries for GPUs.
  // `npm install` brings the marks back: delete these lines again.
  expect(Object.keys(packages).filter((folder) => packages[folder].hasInstallScript)).toEqual([]);
});

it('names no registry in package-lock.json', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
});
