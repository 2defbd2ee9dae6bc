/** `refinedet/serve` of the packed package in other runtimes than Node. */
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUN, DENO, isInstalled } from '../../support/runtimes.ts';
import { type PackedApp, packedApp } from '../package/helpers.ts';

const run = promisify(execFile);
const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Time for compiling, when dist/ is out of date. */
const BUILD_TIMEOUT_MS = 300_000;

let app: PackedApp;
beforeAll(async () => {
  app = await packedApp();
  copyFileSync(at('handler.mjs'), path.join(app.folder, 'handler.mjs'));
  app.write('package.json', '{ "type": "module", "dependencies": { "refinedet": "*" } }');
}, BUILD_TIMEOUT_MS);
afterAll(() => app?.remove());

describe.each([BUN, DENO])('the handler in $name', (runtime) => {
  it.skipIf(!isInstalled(runtime))('serves', { timeout: 120_000 }, async () => {
    const [file, ...flags] = runtime.command;
    const args = [...flags, 'handler.mjs', at('../../examples/cat.jpg')];
    const { stdout } = await run(file, args, { cwd: app.folder });
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
