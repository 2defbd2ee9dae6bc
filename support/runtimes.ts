/** Other JavaScript runtimes, where `npm run test:runtimes` or CI has installed them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Runtime {
  name: string;
  /** Program and the arguments before the script. */
  command: readonly [file: string, ...flags: string[]];
}

const installed = (path: string): string =>
  fileURLToPath(new URL(`../build/runtimes/node_modules/${path}`, import.meta.url));

const node = (version: number): Runtime => ({
  name: `Node ${version}`,
  command: [installed(`node-${version}/bin/node`)],
});

export const BUN: Runtime = { name: 'Bun', command: [installed('@oven/bun-linux-x64/bin/bun')] };
export const DENO: Runtime = {
  name: 'Deno',
  command: [
    installed('@deno/linux-x64-glibc/deno'),
    ...['run', '--allow-all', '--no-check', '--node-modules-dir=manual'],
  ],
};
export const RUNTIMES: readonly Runtime[] = [node(22), node(24), node(26), BUN, DENO];

export const isInstalled = ({ command: [file] }: Runtime): boolean => existsSync(file);

/** Why tests of a runtime are skipped. */
export const notInstalled = ({ name, command: [file] }: Runtime): string =>
  `${name} is not tested: ${file} is missing (npm run test:runtimes installs it)`;
