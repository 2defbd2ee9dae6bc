/** `refinedet serve` as a process: signals, tokens, warnings. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPosix } from '../../support/posix.ts';
import { ffmpeg, hasFfmpeg } from '../../support/video/ffmpeg.ts';
import { typesOf } from '../serve/events.ts';
import { CAT, runCli, startCli, temporaryFolder, writeRandomModel } from './helpers.ts';

/** The page, as `npm run build` leaves it. */
const isBuilt = existsSync(new URL('../../dist/demo/index.html', import.meta.url));

const { at, remove } = temporaryFolder();
beforeAll(() => writeRandomModel(at('insects.safetensors')));
afterAll(remove);

async function serve(...flags: string[]) {
  const model = ['--model', at('insects.safetensors'), '--workers', '1'];
  const child = startCli(['serve', '--port', '0', ...model, ...flags]);
  const errors = text(child.stderr);
  const [line] = await once(child.stdout, 'data');
  const url = String(line).trim();
  const detect = (query = '', headers = {}) =>
    fetch(`${url}v1/detect${query}`, { method: 'POST', body: readFileSync(CAT), headers });
  return { child, errors, url, detect };
}

describe.skipIf(!isBuilt)('refinedet serve', { timeout: 120_000 }, () => {
  it('detects, logs, and finishes its requests at SIGTERM', async ({ skip }) => {
    skip(!isPosix, 'Windows has no SIGTERM');
    const { child, errors, url, detect } = await serve();
    const answer = await detect('?threshold=0.05&maxDetections=3');
    expect(((await answer.json()) as { detections: unknown[] }).detections).toHaveLength(3);
    expect(await (await fetch(url)).text()).toContain('<html');
    expect((await (await fetch(`${url}v1/model`)).json()) as object).toMatchObject({
      name: 'insects',
    });
    const last = detect('?multiScale=true');
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill('SIGTERM');
    expect((await last).status).toBe(200);
    expect(await once(child, 'close')).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
    const entries = (await errors)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.map(({ path, status }) => [path, status])).toEqual([
      ['/v1/detect', 200],
      ['/', 200],
      ['/v1/model', 200],
      ['/v1/detect', 200],
    ]);
  });

  it('cuts connections when the grace has passed', async ({ skip }) => {
    skip(!isPosix, 'Windows has no SIGTERM');
    const { child, detect } = await serve('--grace', '200ms', '--quiet');
    const slow = Promise.allSettled(Array.from({ length: 9 }, () => detect('?multiScale=true')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start = performance.now();
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(performance.now() - start).toBeLessThan(5000);
    expect((await slow).some(({ status }) => status === 'rejected')).toBe(true);
  });

  it('accepts the tokens of a file, and warns without them', async () => {
    writeFileSync(at('tokens'), '# for the cameras\nfirst-token\n\nother-token\n');
    const guarded = await serve('--token-file', at('tokens'), '--host', '0.0.0.0');
    const statuses = [{}, { authorization: 'Bearer other-token' }].map(async (headers) => {
      return (await guarded.detect('', headers)).status;
    });
    expect(await Promise.all(statuses)).toEqual([401, 200]);
    guarded.child.kill('SIGINT');
    expect(await guarded.errors).not.toMatch(/warning|other-token/);

    const open = await serve('--host', '0.0.0.0');
    open.child.kill('SIGINT');
    expect(await open.errors).toMatch(
      /warning: anybody who reaches 0\.0\.0\.0 may use this server/,
    );
  });

  it('follows videos, and logs the client that a trusted proxy names', async ({ skip }) => {
    skip(!hasFfmpeg, 'ffmpeg is missing');
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x64:r=5:d=1', '-pix_fmt', 'yuv420p', at('a=b.mp4'));
    const flags = ['--stream', `film=${at('a=b.mp4')}`, '--trust-proxy'];
    const { child, errors, url } = await serve(...flags);
    const headers = { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' };
    const types = await typesOf(await fetch(`${url}v1/streams/film`, { headers }));
    expect(types.filter((type) => type === 'detections')).toHaveLength(5);
    expect(types.at(-1)).toBe('end');
    child.kill('SIGINT');
    const [entry] = (await errors).split('\n').map((line) => line && JSON.parse(line));
    expect(entry).toMatchObject({ path: '/v1/streams/film', status: 200, client: '203.0.113.9' });
  });

  it('refuses wrong options with one sentence', async () => {
    writeFileSync(at('empty'), '\n# none\n');
    for (const [flags, message] of [
      [['--token-file', at('empty')], /empty has no tokens: write one per line \[USAGE\]\n$/],
      [['--token-file', at('absent')], /cannot read .*absent.*\[FILE_NOT_FOUND\]\n$/],
      [
        ['--port', '70000'],
        /--port must be a whole number from 0 to 65535, not "70000" \[USAGE\]\n$/,
      ],
      [
        ['--timeout', 'soon'],
        /--timeout must be a time such as 90, 90s, 500ms or 1:30, not "soon" \[USAGE\]\n$/,
      ],
      [['--max-body', '5 apples'], /--max-body must be a size such as 20mb.*\[USAGE\]\n$/],
      [['--stream', 'yard'], /--stream must be NAME=VIDEO, such as .*, not "yard" \[USAGE\]\n$/],
      [['--stream', 'a=x', '--stream', 'a=y'], /--stream a is given twice \[USAGE\]\n$/],
      [
        ['--cors', 'example.com'],
        /--cors must be an origin such as .*, not "example.com" \[USAGE\]\n$/,
      ],
      [['--cors', 'https://example.com/'], /--cors must be an origin such as .* \[USAGE\]\n$/],
      [['--allow-host', 'cam.local:8321'], /--allow-host must be a name such as .* \[USAGE\]\n$/],
      [['--timeout', '0'], /--timeout must be a time .*, not "0" \[USAGE\]\n$/],
      [['--grace', '1000h'], /--grace must be a time .*, not "1000h" \[USAGE\]\n$/],
      [['--allow-url', '*'], /--allow-url must be a pattern such as .* \[USAGE\]\n$/],
    ] as const) {
      const { code, stdout, stderr } = await runCli(['serve', ...flags]);
      expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });
});
