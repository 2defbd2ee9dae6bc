/** `refinedet/serve` of the packed package in other runtimes than Node. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PackedApp, packedApp } from './helpers.ts';

const run = promisify(execFile);
const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** Time for compiling, when dist/ is out of date. */
const BUILD_TIMEOUT_MS = 300_000;

/** Asks the handler through the server of the runtime, and prints what it answers. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import { RefineDet } from 'refinedet';
import { createHandler } from 'refinedet/serve';

const detector = await RefineDet.load(undefined, { threads: 1 });
const log = [];
const pixel = { data: new Uint8Array(3), width: 1, height: 1, channels: 3, dropped: 0, arrival: 0 };
const yard = {
  async *[Symbol.asyncIterator]() {
    for (let index = 0; index < 2; index++) yield { ...pixel, index, time: 40 * index };
  },
};
const handler = createHandler(detector, { log: (entry) => log.push(entry), streams: { yard } });
const server = globalThis.Bun
  ? Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handler })
  : Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, handler);
const url = 'http://127.0.0.1:' + (server.port ?? server.addr.port);
const body = readFileSync(process.argv[2]);
const form = new FormData();
form.append('image', new File([body], 'cat.jpg'));
const raw = await fetch(url + '/v1/detect?threshold=0.5', { method: 'POST', body });
const batch = await fetch(url + '/v1/detect/batch', { method: 'POST', body: form });
const marked = await fetch(url + '/v1/detect', { method: 'POST', body, headers: { accept: 'image/jpeg' } });
const wrong = await fetch(url + '/v1/detect', { method: 'POST', body: 'text' });
const events = await fetch(url + '/v1/streams/yard');
const result = {
  raw: await raw.json(),
  batch: await batch.json(),
  marked: [...new Uint8Array(await marked.arrayBuffer()).subarray(0, 3)],
  wrong: (await wrong.json()).code,
  events: (await events.text()).match(/^event: .*$/gm),
  clients: [...new Set(log.map(({ client }) => client))],
  statuses: log.map(({ status }) => status),
};
console.log(JSON.stringify(result));
process.exit(0);
`;

interface Runtime {
  name: string;
  /** Environment variable with the path of the program. */
  variable: string;
  /** Where npm installs it; .ci/run does so below build/runtimes. */
  file: string;
  flags: string[];
}

const RUNTIMES: Runtime[] = [
  {
    ...{ name: 'bun', variable: 'REFINEDET_BUN', flags: ['run'] },
    file: 'node_modules/@oven/bun-linux-x64/bin/bun',
  },
  {
    ...{ name: 'deno', variable: 'REFINEDET_DENO' },
    file: 'node_modules/@deno/linux-x64-glibc/deno',
    flags: ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual'],
  },
];

/** Path of the program; undefined where it is not installed. */
function find({ name, variable, file }: Runtime): string | undefined {
  const given = process.env[variable];
  if (given) return given;
  const local = [root(`build/runtimes/${file}`), root(file)].find(existsSync);
  if (local) return local;
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return name;
  } catch {
    console.warn(
      `the test of ${name} is skipped: it is not in ${variable}, PATH or build/runtimes`,
    );
    return undefined;
  }
}

const found = RUNTIMES.map((runtime) => ({ ...runtime, program: find(runtime) }));
const installed = found.filter(({ program }) => program);

describe.skipIf(installed.length === 0)('the handler', () => {
  let app: PackedApp;
  beforeAll(async () => {
    app = await packedApp();
    app.write('server.mjs', PROGRAM);
  }, BUILD_TIMEOUT_MS);
  afterAll(() => app?.remove());

  it.each(installed)('serves in $name', { timeout: 120_000 }, async ({ program, flags }) => {
    const args = [...flags, 'server.mjs', root('examples/cat.jpg')];
    const { stdout } = await run(program!, args, { cwd: app.folder });
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(result.raw).toMatchObject({ width: 451, height: 300 });
    expect(result.raw.detections[0]).toMatchObject({ label: 'cat' });
    expect(result.batch.results).toHaveLength(1);
    expect(result.batch.results[0].detections).toEqual(result.raw.detections);
    expect(result).toMatchObject({
      marked: [0xff, 0xd8, 0xff],
      wrong: 'IMAGE_FORMAT',
      events: ['event: detections', 'event: detections', 'event: end'],
      clients: ['127.0.0.1'],
      statuses: [200, 200, 200, 415, 200],
    });
  });
});
