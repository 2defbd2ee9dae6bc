/** Requests of attackers and broken clients, byte by byte, to the real server. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import type { RequestLog } from '../../src/serve/index.ts';
import { closeServer, nodeServer } from '../../src/serve/node-server.ts';
import { pngFile } from '../../support/png-file.ts';
import { IMAGE, randomRunner } from './requests.ts';

const MAX_BODY = 300_000;
const HEADERS_TIMEOUT = 1000;

let runner: Runner;
let server: Server;
let port: number;
const log: RequestLog[] = [];
beforeAll(async () => {
  runner = await randomRunner();
  const handle = handlerOf(runner, {
    maxBody: MAX_BODY,
    maxPixels: 4e6,
    tokens: ['secret'],
    log: (entry) => log.push(entry as RequestLog),
  });
  server = nodeServer(handle, { requestTimeout: 2000, headersTimeout: HEADERS_TIMEOUT });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await closeServer(server, 100);
  await runner?.detector.dispose();
});

/** Sends bytes and returns everything that the server answers until it closes, or until a time. */
async function exchange(
  parts: readonly (string | Uint8Array)[],
  { pause = 0, waitMs = 2500 } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  const timer = setTimeout(() => socket.destroy(), waitMs);
  await closed;
  clearTimeout(timer);
  return answer;
}

const AUTH = 'Authorization: Bearer secret\r\n';
const head = (line: string, headers = '') =>
  `${line}\r\nHost: x\r\nConnection: close\r\n${AUTH}${headers}\r\n`;
const posted = (body: Uint8Array | string, headers = '', path = '/v1/detect') => [
  head(`POST ${path} HTTP/1.1`, `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}`),
  body,
];
const multipart = (body: string, boundary = 'b', path = '/v1/detect') =>
  posted(body, `Content-Type: multipart/form-data; boundary=${boundary}\r\n`, path);
const part = (headers: string, text: string) => `--b\r\n${headers}\r\n\r\n${text}\r\n`;
const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

const status = (answer: string) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]);
const CHUNKED = head('POST /v1/detect HTTP/1.1', 'Transfer-Encoding: chunked\r\n');
/** Pixels that compress well: a megabyte of file would hold gigabytes. */
const bomb = (width: number, height: number) =>
  pngFile(width, height, deflateSync(Buffer.alloc(20e6)));

type Case = [name: string, parts: () => (string | Uint8Array)[], statuses: number[]];

const CASES: Case[] = [
  ['a header that announces 20,000×20,000 pixels', () => posted(bomb(20_000, 20_000)), [413]],
  ['a PNG whose data inflate to more than its pixels', () => posted(bomb(10, 10)), [422]],
  [
    'a PNG whose data end early',
    () => posted(pngFile(900, 900, deflateSync(Buffer.alloc(10)))),
    [422],
  ],
  ['no bytes', () => posted(''), [400]],
  ['bytes of noise', () => posted(Buffer.alloc(1000, 7)), [415]],
  ['a longer body than is allowed', () => posted(Buffer.alloc(MAX_BODY + 1)), [413]],
  [
    'a length of an exabyte',
    () => [head('POST /v1/detect HTTP/1.1', 'Content-Length: 999999999999999999\r\n')],
    [413],
  ],
  ['a negative length', () => [head('POST /v1/detect HTTP/1.1', 'Content-Length: -5\r\n')], [400]],
  [
    'two lengths',
    () => [head('POST /v1/detect HTTP/1.1', 'Content-Length: 5\r\nContent-Length: 6\r\n')],
    [400],
  ],
  [
    'a length beside chunks (request smuggling)',
    () => [
      head('POST /v1/detect HTTP/1.1', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
      '0\r\n\r\n',
    ],
    [400],
  ],
  [
    'chunks without an end',
    () => [CHUNKED, ...Array.from({ length: 40 }, () => chunk(Buffer.alloc(10_000)))],
    [413],
  ],
  ['a chunk size that is not a number', () => [CHUNKED, 'zz\r\n'], [400]],
  [
    '1,000 parts',
    () => multipart(`${part('Content-Disposition: form-data; name="x"', '1').repeat(1000)}--b--`),
    [413],
  ],
  [
    'a form that breaks off',
    () => multipart(part('Content-Disposition: form-data; name="image"', '1')),
    [400],
  ],
  ['a form without a boundary', () => posted('x', 'Content-Type: multipart/form-data\r\n'), [400]],
  [
    'a part called __proto__',
    () => multipart(`${part('Content-Disposition: form-data; name="__proto__"', '1')}--b--`),
    [400],
  ],
  [
    'a file name that climbs out',
    () =>
      multipart(
        `${part('Content-Disposition: form-data; name="image"; filename="../../etc/passwd"', 'x')}--b--`,
      ),
    [415],
  ],
  [
    '__proto__ in JSON',
    () =>
      multipart(
        `${part('Content-Disposition: form-data; name="image"; filename="a"', 'x')}${part('Content-Disposition: form-data; name="options"', '{"__proto__":{"threshold":0}}')}--b--`,
      ),
    [400],
  ],
  [
    'deeply nested JSON',
    () => posted('['.repeat(100_000), 'Content-Type: application/json\r\n'),
    [400],
  ],
  [
    'JSON that is not UTF-8',
    () => posted(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'Content-Type: application/json\r\n'),
    [400],
  ],
  [
    'an address by its decimal number',
    () => posted('{"url":"http://2130706433/"}', 'Content-Type: application/json\r\n'),
    [403],
  ],
  ['a query with broken percent signs', () => posted(IMAGE, '', '/v1/detect?threshold=%zz'), [400]],
  ['a query with a zero byte', () => posted(IMAGE, '', '/v1/detect?classes=%00'), [400]],
  ['a path that climbs out', () => [head('GET /../../etc/passwd HTTP/1.1')], [404]],
  ['the same, encoded', () => [head('GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1')], [404]],
  ['a path with invalid UTF-8', () => [head('GET /%ff%fe HTTP/1.1')], [404]],
  [
    'a request id with a line break',
    () => [head('GET /healthz HTTP/1.1', 'X-Request-Id: a%0d%0aSet-Cookie: x\r\n')],
    [200],
  ],
  [
    'headers of 100 kB',
    () => [head('GET /healthz HTTP/1.1', `X: ${'a'.repeat(100_000)}\r\n`)],
    [431],
  ],
  ['a line break inside a header', () => [head('GET /healthz HTTP/1.1', 'X: a\rb\r\n')], [400]],
  ['HTTP/1.0', () => ['GET /healthz HTTP/1.0\r\n\r\n'], [200]],
  ['HTTP/3.9', () => ['GET /healthz HTTP/3.9\r\nHost: x\r\n\r\n'], [400, 505]],
  ['no Host', () => ['GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'], [400]],
  ['OPTIONS *', () => [head('OPTIONS * HTTP/1.1')], [400]],
  ['an absolute address without a host', () => [head('GET http:// HTTP/1.1')], [400]],
  ['a path with backslashes', () => [head('GET /\\\\evil.test HTTP/1.1')], [400]],
  [
    'a Host that is not a host',
    () => [`GET /healthz HTTP/1.1\r\nHost: a b/<c>\r\nConnection: close\r\n\r\n`],
    [400],
  ],
  [
    'an absolute address of another host',
    () => ['GET http://evil.test/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    [200, 400, 404],
  ],
  [
    'an upgrade to WebSocket',
    () => [
      head(
        'GET /healthz HTTP/1.1',
        'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
      ).replace('Connection: close', 'Connection: Upgrade'),
    ],
    [200, 400, 426],
  ],
  ['CONNECT', () => ['CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test\r\n\r\n'], [405]],
  ['an unknown method', () => [head('BREW /v1/detect HTTP/1.1')], [400]],
  [
    'an expectation that nobody can meet',
    () => [head('POST /v1/detect HTTP/1.1', 'Expect: 200-maybe\r\n')],
    [417],
  ],
  ['a handshake of TLS', () => [Buffer.from('16030100c8010000c40303', 'hex'), '\r\n\r\n'], [400]],
  [
    'a token in the wrong scheme',
    () => [
      'GET /v1/model HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic c2VjcmV0\r\n\r\n',
    ],
    [401],
  ],
];

async function expectAlive(): Promise<void> {
  const body = Buffer.from(IMAGE);
  const answer = await exchange(posted(body), { waitMs: 10_000 }); // on a busy machine
  expect(status(answer)).toBe(200);
}

describe('hostile requests get a defined answer, and the next good request works', () => {
  it.each(CASES)('%s', async (name, parts, statuses) => {
    const answer = await exchange(parts());
    expect(statuses).toContain(status(answer));
    expect(answer).not.toMatch(/node:internal|\.ts:\d|\n {4}at /);
    // Node itself answers a request without Host.
    if (status(answer) >= 400 && name !== 'no Host')
      expect(answer).toMatch(/problem\+json.*"code":"[A-Z_]+"/s);
    expect(answer.toLowerCase()).not.toContain('\nset-cookie');
    await expectAlive();
  });

  it('closes connections whose headers come too slowly', async () => {
    const start = performance.now();
    const slow = Array.from({ length: 100 }, (_, i) => `X-${i}: 1\r\n`);
    const answer = await exchange(['GET /healthz HTTP/1.1\r\nHost: x\r\n', ...slow], {
      pause: 100,
    });
    expect(status(answer)).toBe(408);
    expect(performance.now() - start).toBeLessThan(5000);
    await expectAlive();
  });

  it('closes connections whose body comes too slowly', async () => {
    const [headers] = posted(Buffer.alloc(1000));
    const bytes = Array.from({ length: 100 }, () => 'x');
    const start = performance.now();
    const answer = await exchange([headers, ...bytes], { pause: 100, waitMs: 8000 });
    expect([408, 503]).toContain(status(answer));
    expect(performance.now() - start).toBeLessThan(6000);
    await expectAlive();
  });

  it('answers pipelined requests in order', async () => {
    const ask = (id: string) => `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n`;
    const answer = await exchange([
      `${ask('a')}\r\n${ask('b')}\r\n${ask('c')}Connection: close\r\n\r\n`,
    ]);
    const ids = [...answer.matchAll(/x-request-id: (\w)/gi)].map(([, id]) => id);
    expect(ids).toEqual(['a', 'b', 'c']);
  });

  it('cancels detections of clients that hang up', async () => {
    log.length = 0;
    const [headers, body] = posted(IMAGE, '', '/v1/detect?multiScale=true');
    await Promise.all(Array.from({ length: 20 }, () => exchange([headers, body], { waitMs: 30 })));
    // This request is answered when nothing is left in the queue before it. Requests whose connection
    // closed before they were read are not in the log.
    await expectAlive();
    const done = log.filter(({ images }) => images > 0);
    const canceled = log.filter(({ status }) => status === 499);
    expect(canceled.length).toBeGreaterThan(0);
    expect(canceled.every(({ images }) => images === 0)).toBe(true);
    expect(done.length).toBeLessThan(8);
  });

  it('keeps answering while sixteen clients announce bodies that never come', async () => {
    const announced = head('POST /v1/detect HTTP/1.1', `Content-Length: ${MAX_BODY}\r\n`);
    const idle = Array.from({ length: 16 }, () => exchange([announced], { waitMs: 1500 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expectAlive();
    await Promise.all(idle);
  });
});
