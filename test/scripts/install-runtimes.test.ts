/** Packages that `npm run test:runtimes` installs, with an npm that only notes what it is asked for. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/install-runtimes.mjs', import.meta.url));
const isSupported = process.platform === 'linux' && process.arch === 'x64';
const NAMES = [
  'node-22',
  'node-24',
  'node-26',
  'node-arm64',
  '@oven/bun-linux-x64',
  '@deno/linux-x64-glibc',
];

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'refinedet-runtimes-'));
  mkdirSync(at('scripts'));
  copyFileSync(SCRIPT, at('scripts/install-runtimes.mjs'));
  mkdirSync(at('bin'));
  writeFileSync(at('bin/npm'), `#!/bin/sh\necho "$@" > "${at('asked')}"\n`, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function pretendInstalled(names: readonly string[]): void {
  for (const name of names) {
    const files = at('build/runtimes/node_modules', name);
    mkdirSync(files, { recursive: true });
    writeFileSync(path.join(files, 'package.json'), '{}');
  }
}

/** Arguments of npm; none when it was not started. */
function install(): string[] {
  const env = { ...process.env, PATH: `${at('bin')}:${process.env['PATH']}` };
  execFileSync(process.execPath, [at('scripts/install-runtimes.mjs')], { env });
  return existsSync(at('asked')) ? readFileSync(at('asked'), 'utf8').trim().split(' ') : [];
}

describe.skipIf(!isSupported)('scripts/install-runtimes.mjs', () => {
  it('installs all runtimes where there is none', () => {
    const asked = install();
    expect(asked[0]).toBe('install');
    for (const name of NAMES) expect(asked.join(' ')).toContain(` ${name}@`);
  });

  it('installs none where all are there', () => {
    pretendInstalled(NAMES);
    expect(install()).toEqual([]);
  });

  it.each(NAMES)('installs all again where %s is missing', (missing) => {
    pretendInstalled(NAMES.filter((name) => name !== missing));
    const asked = install().join(' ');
    for (const name of NAMES) expect(asked).toContain(` ${name}@`);
  });
});
