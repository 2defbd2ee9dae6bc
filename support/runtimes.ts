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
/** Of another processor, emulated by QEMU, which says nothing about speed. */
export const ARM: Runtime = {
  name: 'Node 24 on ARM64',
  command: [
    '/usr/bin/qemu-aarch64',
    ...['-L', '/usr/aarch64-linux-gnu'],
    installed('node-arm64/bin/node'),
  ],
};
export const RUNTIMES: readonly Runtime[] = [node(22), node(24), node(26), BUN, DENO];

const missingPart = ({ command }: Runtime): string | undefined =>
  command.find((part) => part.startsWith('/') && !existsSync(part));

export const isInstalled = (runtime: Runtime): boolean => missingPart(runtime) === undefined;

/** Why tests of a runtime are skipped. */
export const notInstalled = (runtime: Runtime): string =>
  `${runtime.name} is not tested: ${missingPart(runtime)} is missing (npm run test:runtimes and .ci/run install it)`;
