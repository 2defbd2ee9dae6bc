/** Images by address: what the server may ask, and what it never asks. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageFetcher, isInnerAddress } from '../../src/serve/fetch-image.ts';
import { IMAGE } from './requests.ts';

let server: Server;
let host: string;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/redirect') {
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    } else if (request.url === '/endless') {
      const timer = setInterval(() => response.write(Buffer.alloc(50_000)), 5);
      response.on('close', () => clearInterval(timer));
    } else if (request.url === '/silent') {
      // Never answers.
    } else response.end(IMAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;
const LIMIT = { maxBytes: 100_000 };

describe('imageFetcher', () => {
  it('reads images from allowed addresses', async () => {
    const read = imageFetcher({
      allow: [`http://${host}/images/*`],
      ...LIMIT,
      refuses: () => false,
    });
    expect(Buffer.from(await read(`http://${host}/images/cat.jpg`, never)).equals(IMAGE)).toBe(
      true,
    );
    await expect(read(`http://${host}/other/cat.jpg`, never)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it.each([
    'http://evilimages.test/a',
    'http://a.images.test.evil.com/a',
    'http://evil.com/images.test/a',
    'http://user@a.images.test/a',
    'http://user:pass@a.images.test/a',
    'https://a.images.test/a',
    'http://a.images.test:81/a',
    'file:///etc/passwd',
    'ftp://a.images.test/a',
    'data:image/png;base64,AA==',
    '/etc/passwd',
    '',
  ])('refuses %s beside http://*.images.test/*', async (url) => {
    const read = imageFetcher({ allow: ['http://*.images.test/*'], ...LIMIT });
    await expect(read(url, never)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0.0.0.0',
    '10.1.2.3',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '168.63.129.16',
    '[::ffff:0:127.0.0.1]',
    '[3fff::1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00::1]',
    'localhost',
  ])('never asks %s, also where every address is allowed', async (name) => {
    asked = [];
    const { port } = server.address() as AddressInfo;
    const read = imageFetcher({ allow: ['http://*/*', `http://*:${port}/*`], ...LIMIT });
    await expect(read(`http://${name}:${port}/`, never)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('not a public one'),
    });
    expect(asked).toEqual([]);
  });

  it('follows no redirects, and limits bytes and time', async () => {
    const read = imageFetcher({ allow: [`http://${host}/*`], ...LIMIT, refuses: () => false });
    await expect(read(`http://${host}/redirect`, never)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining('302'),
    });
    await expect(read(`http://${host}/endless`, never)).rejects.toMatchObject({
      code: 'REQUEST_TOO_LARGE',
    });
    const soon = AbortSignal.timeout(50);
    await expect(read(`http://${host}/silent`, soon)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('refuses patterns that are not addresses', () => {
    expect(() => imageFetcher({ allow: ['*'], ...LIMIT })).toThrow('--allow-url must be a pattern');
  });
});

it('knows outer addresses', () => {
  expect(['93.184.216.34', '2606:2800:220:1::1', '8.8.8.8'].some(isInnerAddress)).toBe(false);
});
