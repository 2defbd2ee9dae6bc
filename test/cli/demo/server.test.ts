import type { Server } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serveSite } from '../../../src/cli/demo/demo-server.ts';
import { readSite } from '../../../src/cli/demo/demo-site.ts';
import { DEFAULT_MODEL, MODELS, modelFile } from '../../../src/packaged-models.ts';
import { temporaryFolder } from '../helpers.ts';

const SITE = new Map([
  ['index.html', { body: Buffer.from('<p>hello'), type: 'text/html', etag: '"1"' }],
  ['assets/a.js', { body: Buffer.from('1'), type: 'text/javascript', etag: '"2"' }],
]);

const servers: Server[] = [];
async function serve(ports: number | number[] = 0): Promise<string> {
  const { server, url } = await serveSite(SITE, '127.0.0.1', ports);
  servers.push(server);
  return url;
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('serveSite', () => {
  it('serves the files with the headers that threads need', async () => {
    const url = await serve();
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('<p>hello');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      etag: '"1"',
    });
    expect(await (await fetch(`${url}assets/a.js?v=1`)).text()).toBe('1');
  });

  it('answers HEAD, unchanged files, unknown paths and other methods', async () => {
    const url = await serve();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '8']);
    const headers = { 'if-none-match': '"1"' };
    expect((await fetch(url, { headers })).status).toBe(304);
    expect((await fetch(`${url}nowhere`)).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('serves no other files of the disk', async () => {
    const { port } = new URL(await serve());
    // fetch would normalize the path.
    const status = await new Promise((resolve) =>
      request({ port, path: '/../../../../etc/hostname' }, ({ statusCode }) =>
        resolve(statusCode),
      ).end(),
    );
    expect(status).toBe(404);
  });

  it('uses the next port when one is taken, and fails when all are', async () => {
    await serve();
    const { port } = servers[0].address() as AddressInfo;
    expect(new URL(await serve([port, 0])).port).not.toBe(String(port));
    await expect(serve(port)).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      message: expect.stringContaining(String(port)),
    });
  });
});

describe('readSite', () => {
  it('has the files of all folders and the models, whose tags change with them', async () => {
    const { at, folder, remove } = temporaryFolder();
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(at('assets'));
    writeFileSync(at('index.html'), '<html data-model="default">');
    writeFileSync(at('assets', 'main.js'), 'code');
    const site = await readSite(folder, Buffer.from('model'));
    const other = await readSite(folder, Buffer.from('MODEL'));
    const page = async (source?: string) =>
      String((await readSite(folder, Buffer.from('x'), source)).get('index.html')!.body);
    expect(await page()).toBe('<html data-model="default">');
    expect(await page('nano')).toBe('<html data-model="nano">');
    expect(await page('runs/"1".safetensors')).toContain('"&quot;1&quot;.safetensors"');
    // The query of an address may be a secret.
    expect(await page('https://a.b/m.safetensors?key=1')).toContain('"m.safetensors"');
    remove();
    expect([...site.keys()].sort()).toEqual([
      'assets/main.js',
      'index.html',
      ...MODELS.map(modelFile),
    ]);
    expect(site.get('assets/main.js')!.type).toMatch(/^text\/javascript/);
    const tag = (files: typeof site) => files.get(modelFile(DEFAULT_MODEL))!.etag;
    expect(tag(site)).not.toBe(tag(other));
  });
});
