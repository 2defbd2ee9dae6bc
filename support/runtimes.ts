/** Other JavaScript runtimes, where `npm run test:runtimes` or CI has installed them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasPart } from './optional-parts.ts';

export interface Runtime {
  name: string;
  /** Program and the arguments before the script. */
  command: readonly [file: string, ...flags: string[]];
}

const FOLDER = fileURLToPath(new URL('../build/runtimes/', import.meta.url));
const installed = (program: string): string => path.join(FOLDER, 'node_modules', program);

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

/** Versions that are installed from npm. */
const NODE_VERSIONS = [22, 24, 26];
const RUNNING_VERSION = Number.parseInt(process.versions.node, 10);
/** The Node of the tests: another version, such as Node 20, needs no installation. */
const RUNNING: Runtime = { name: `Node ${RUNNING_VERSION}`, command: [process.execPath] };
export const RUNTIMES: readonly Runtime[] = [
  ...(NODE_VERSIONS.includes(RUNNING_VERSION) ? [] : [RUNNING]),
  ...NODE_VERSIONS.map(node),
  BUN,
  DENO,
];

/** Whether a runtime can be tested. */
export function isInstalled({ name, command }: Runtime): boolean {
  const missing = command.find((file) => path.isAbsolute(file) && !existsSync(file));
  const part = missing?.startsWith(FOLDER) ? 'runtimes' : 'qemu';
  return hasPart(part, missing && `${name} needs ${missing}`);
}
