/**
 * Writes THIRD-PARTY.md, the packages that are installed with this one and their licenses:
 * `npm run third-party`. A test compares the file with the installed packages.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Optional for users or not installed, but part of the bundles in dist/browser and dist/demo. */
const BUNDLED = ['@tensorflow/tfjs-backend-webgl', '@tensorflow/tfjs-backend-webgpu', 'fflate'];
/** Licenses that allow distributing the code with this package. */
const PERMISSIVE = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];
const LICENSE_FILE = /^licen[cs]e/i;
const COPYRIGHT = /^[\s/*]*(copyright (?!notice|owner|holder|license|\[yyyy).*)$/im;

interface Installed {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
  main?: string;
  folder: string;
  dependencies?: Record<string, string>;
}

/** Every package of an installation, by name. */
export function runtimePackages(): Installed[] {
  const { dependencies } = readPackage(ROOT);
  const found = new Map<string, Installed>();
  const waiting = [...Object.keys(dependencies ?? {}), ...BUNDLED].map((name) =>
    locate(name, ROOT),
  );
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    if (found.has(folder)) continue;
    const one = readPackage(folder);
    found.set(folder, one);
    for (const name of Object.keys(one.dependencies ?? {})) waiting.push(locate(name, folder));
  }
  const key = ({ name, version }: Installed) => `${name}@${version}`;
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Packages without a permissive license, with the license that they state. */
export function unwelcomeLicenses(packages: readonly Installed[]): string[] {
  return packages
    .filter(({ license }) => !PERMISSIVE.includes(license ?? ''))
    .map(({ name, license }) => `${name}: ${license ?? 'no license'}`);
}

/** The text of THIRD-PARTY.md. */
export function thirdParty(packages: readonly Installed[]): string {
  const rows = packages.map(
    (one) => `| ${one.name} | ${one.version} | ${one.license} | ${copyright(one)} |`,
  );
  return `# Packages installed with refinedet

Made by \`npm run third-party\`; do not edit. It lists the dependencies, with their own dependencies, in the
versions that the tests ran with, and the GPU backends and the zip library that the bundles for pages contain. [NOTICE](NOTICE)
lists third-party material in refinedet's own files.

| package | version | license | copyright |
|---|---|---|---|
${rows.join('\n')}

The license texts are in the packages' files, and also here:
[MIT](https://spdx.org/licenses/MIT.html), [ISC](https://spdx.org/licenses/ISC.html),
[Apache-2.0](LICENSE), [BSD-2-Clause](https://spdx.org/licenses/BSD-2-Clause.html),
[BSD-3-Clause](https://spdx.org/licenses/BSD-3-Clause.html).
`;
}

function readPackage(folder: string): Installed {
  return { ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder };
}

/** Finds a package like Node: in node_modules of the folder, then of its parents. */
function locate(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) throw new Error(`${name} of ${from} is not installed`);
  }
}

/** Copyright line of the license file, otherwise of the head of the code; otherwise the author. */
function copyright({ folder, main, author }: Installed): string {
  const licenses = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  for (const file of [...licenses, main ?? 'index.js']) {
    const line = COPYRIGHT.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
    if (line) return line.trim();
  }
  return (typeof author === 'object' ? author.name : author) ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, 'THIRD-PARTY.md'), thirdParty(runtimePackages()));
}
