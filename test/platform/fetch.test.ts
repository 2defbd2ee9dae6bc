import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachedBytes } from '../../src/platform/cached-fetch.ts';
import { fetchBytes } from '../../src/platform/fetch.ts';
import * as node from '../../src/platform/node.ts';
import type { DownloadProgress, Platform } from '../../src/platform/platform.ts';

// Both modules implement `#platform`; the compiler checks it.
const platforms: Platform[] = [node, {} as typeof import('../../src/platform/browser.ts')];

const BODY = Buffer.alloc(200_000, 7);

let server: Server;
let site: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<p>');
    else if (request.url === '/gone') response.writeHead(410, 'Gone').end();
    else if (request.url === '/slow') response.write('x');
    else if (request.url === '/unknown-length') {
      response.write(BODY.subarray(9));
      response.end(BODY.subarray(0, 9));
    } else response.setHeader('content-length', BODY.length).end(BODY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe.each([
  ['fetchBytes', fetchBytes],
  ['cachedBytes without a cache', cachedBytes],
])('%s', (_name, download) => {
  it('shows no password of a URL that cannot be fetched', async () => {
    const url = `${site.replace('http://', 'http://me:secret@')}/file`;
    const error: Error = await download(url, {}).then(
      () => Promise.reject(new Error('it was fetched')),
      (reason) => reason,
    );
    expect(error.message).toContain('me:***@127.0.0.1');
    expect(error.message).not.toContain('secret');
  });

  it.each([
    ['/file', BODY.length],
    ['/unknown-length', undefined],
  ])('returns the bytes of %s and reports progress', async (path, total) => {
    const steps: DownloadProgress[] = [];
    const bytes = await download(site + path, { onProgress: (step) => steps.push(step) });
    expect(Buffer.from(bytes).equals(BODY)).toBe(true);
    expect(steps.at(-1)).toEqual({ loaded: BODY.length, total });
    const loaded = steps.map((step) => step.loaded);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(Buffer.from(await download(site + path, {})).equals(BODY)).toBe(true);
  });

  it('reports the answer of the server', async () => {
    await expect(download(`${site}/page`, {})).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: `${site}/page answered an HTML page (text/html)`,
    });
    await expect(download(`${site}/gone`, {})).rejects.toThrow('/gone answered 410 Gone');
  });

  it('stops in the middle of a download', async () => {
    const aborting = new AbortController();
    const { signal } = aborting;
    const onProgress = () => aborting.abort();
    await expect(download(`${site}/slow`, { signal, onProgress })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('the platform of Node', () => {
  it('reads URLs with progress', async () => {
    const steps: DownloadProgress[] = [];
    const onProgress = (step: DownloadProgress) => steps.push(step);
    const [{ readBytes }] = platforms;
    expect(await readBytes(`${site}/file`, undefined, { onProgress })).toHaveLength(BODY.length);
    expect(steps.length).toBeGreaterThan(0);
  });
});
