/** Stores over the network: a real S3-compatible server and plain HTTP, with failures of all kinds. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mergeManifest } from '../../src/fleet/merge-shards.ts';
import { runWith } from '../../src/fleet/run-shards.ts';
import { PassingError } from '../../src/fleet/storage/retry-request.ts';
import { Storage } from '../../src/fleet/storage/storage.ts';
import { type Fault, type S3Server, startS3 } from '../../support/s3.ts';
import { collect, fakeStart, fleetFolder } from './helpers.ts';

let world: Awaited<ReturnType<typeof fleetFolder>>;
let s3: S3Server;
let faultOf: Parameters<typeof startS3>[1] = () => undefined;
beforeAll(async () => {
  world = await fleetFolder();
  s3 = await startS3(world.at('s3'), (request) => faultOf!(request));
});
afterAll(async () => {
  await s3?.close();
  world.remove();
});
afterEach(() => {
  faultOf = () => undefined;
});

const storageOf = (options = {}) => new Storage({ env: s3.env, ...options });
const TIMEOUT = 300;

describe('Storage on S3', () => {
  it('writes, finds, reads parts of, lists and removes files', async () => {
    const storage = storageOf();
    const uri = 's3://bucket/a folder/ü+%20&=.bin';
    expect(await storage.find(uri)).toBeUndefined();
    expect(await storage.stat(uri)).toBeUndefined();
    await storage.write(uri, Buffer.from('0123456789'));
    expect(Buffer.from(await storage.read(uri, { start: 2, end: 5 })).toString()).toBe('234');
    const etag = `"${createHash('md5').update('0123456789').digest('hex')}"`;
    expect(await storage.stat(uri)).toEqual({ uri, size: 10, etag });
    await storage.write('s3://bucket/a folder/deeper/x.bin', Buffer.from('x'));
    const store = await storage.s3();
    expect(await collect(store.list('s3://bucket/a folder/', false))).toEqual([
      { uri, size: 10, etag },
    ]);
    const all = await collect(store.list('s3://bucket/a folder/', true));
    expect(all.map((file) => file.uri).sort()).toEqual(['s3://bucket/a folder/deeper/x.bin', uri]);
    await storage.remove(uri);
    await storage.remove(uri);
    await expect(storage.read(uri)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  });

  it('lists more files than a page has', async () => {
    // s3rver cannot make the token of a next page on Node 20 and later.
    const pages: Record<string, string> = {
      '': '<Contents><Key>a&amp;b.jpg</Key><Size>5</Size><ETag>"x"</ETag></Contents><NextContinuationToken>to/ken=</NextContinuationToken>',
      'to/ken=':
        '<Contents><Key>folder/</Key><Size>0</Size></Contents><Contents><Key>c.jpg</Key><Size>6</Size></Contents>',
    };
    const server = createServer(({ url }, answer) => {
      const token = new URL(url!, 'http://x').searchParams.get('continuation-token') ?? '';
      answer.end(`<ListBucketResult xmlns="x">${pages[token]}</ListBucketResult>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const store = await storageOf({ env: { ...s3.env, AWS_ENDPOINT_URL_S3: endpoint } }).s3();
    expect(await collect(store.list('s3://bucket', true))).toEqual([
      { uri: 's3://bucket/a&b.jpg', size: 5, etag: '"x"' },
      { uri: 's3://bucket/c.jpg', size: 6 },
    ]);
    server.close();
    server.closeAllConnections();
  });

  it('streams a file in parts', async () => {
    const storage = storageOf();
    const large = Buffer.alloc(9 * 2 ** 20, 'refinedet');
    await storage.write('s3://bucket/large', large);
    const parts = await collect(storage.stream('s3://bucket/large'));
    expect(parts.map(({ length }) => length)).toEqual([8 * 2 ** 20, 2 ** 20]);
    expect(Buffer.concat(parts).equals(large)).toBe(true);
  });

  it.each(['error', 'silence', 'cut'] as const)('gets over %s', async (fault) => {
    const storage = storageOf({ timeout: TIMEOUT });
    const uri = `s3://bucket/${fault}`;
    const attempts: string[] = [];
    faultOf = ({ method }) => {
      attempts.push(method!);
      return attempts.length % 3 === 0 ? undefined : fault;
    };
    await storage.write(uri, Buffer.from('content'.repeat(100)));
    expect(Buffer.from(await storage.read(uri)).toString()).toBe('content'.repeat(100));
    expect(attempts).toEqual(['PUT', 'PUT', 'PUT', 'GET', 'GET', 'GET']);
  });

  it('gives up after five attempts, with the last reason', async () => {
    faultOf = () => 'error';
    const failure = await storageOf()
      .read('s3://bucket/x')
      .catch((error) => error);
    expect(failure).toBeInstanceOf(PassingError);
    expect(failure).toMatchObject({
      code: 'FETCH_FAILED',
      message: 's3://bucket/x answered 500 Internal Server Error',
    });
  });

  it('does not repeat what no repetition changes', async () => {
    const before = s3.counts['GET'];
    const env = { ...s3.env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    await expect(storageOf({ env }).read('s3://bucket/x')).rejects.toThrow(/answered 403/);
    expect(s3.counts['GET']).toBe(before + 1);
  });

  it.each([
    [{}, 's3://b/x', /needs the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
    [{ AWS_ENDPOINT_URL: 'nowhere' }, 's3://b/x', /AWS_ENDPOINT_URL is not a URL: nowhere/],
    [{}, 's3://', /is not of the form s3:\/\/bucket\/key/],
  ])('refuses %j for %s', async (env, uri, message) => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const given = message.source.includes('needs') ? env : { ...keys, ...env };
    await expect(new Storage({ env: given }).read(uri)).rejects.toThrow(message);
  });
});

describe('a run on S3', { timeout: 120_000 }, () => {
  it('has the bytes of a run on disk, with 500s, timeouts and cut bodies', async () => {
    const files = world.images(24);
    const storage = storageOf();
    const uris = files.map((file) => `s3://bucket/photos/${path.basename(file)}`);
    await Promise.all(uris.map((uri, i) => storage.write(uri, readFileSync(files[i]))));

    let requests = 0;
    const injected: Record<string, number> = {};
    faultOf = () => {
      // Prime numbers, so that all kinds of requests meet all kinds of faults.
      requests++;
      const faults: [number, Fault][] = [
        [5, 'error'],
        [7, 'cut'],
        [47, 'silence'],
      ];
      const fault = faults.find(([every]) => requests % every === 0)?.[1];
      if (fault) injected[fault] = (injected[fault] ?? 0) + 1;
      return fault;
    };
    const options = { env: s3.env, timeout: 3 * TIMEOUT };
    const listed = uris.map((uri, i) => ({ uri, size: readFileSync(files[i]).length }));
    const plan = await world.planned(listed, { dest: 's3://bucket/out', ...options });
    expect(plan.uri).toBe(`s3://bucket/out/${plan.run}/manifest.jsonl`);
    const summary = await runWith(plan.uri, { workers: 3, ...options }, { start: fakeStart() });
    expect(summary).toMatchObject({ shards: 8, written: 8, failed: [] });
    const merged = await collect(mergeManifest(plan.uri, options));
    expect(await runWith(plan.uri, options)).toMatchObject({ missing: 0 });
    for (const fault of ['error', 'cut', 'silence']) expect(injected[fault]).toBeGreaterThan(1);

    const onDisk = await world.plan(files);
    await runWith(onDisk.uri, { workers: 1 }, { start: fakeStart() });
    const place = path.dirname(files[0]);
    const expected = (await collect(mergeManifest(onDisk.uri))).map(({ line }) =>
      line.replace(place, 's3://bucket/photos'),
    );
    expect(merged.map(({ line }) => line)).toEqual(expected);
  });

  it('fails a shard, not its images, while the store is away', async () => {
    const storage = storageOf();
    await storage.write('s3://bucket/away/a.png', readFileSync(world.images(1)[0]));
    const inputs = [{ uri: 's3://bucket/away/a.png' }, { uri: 's3://bucket/away/absent.png' }];
    const { uri } = await world.planned(inputs, { dest: world.at('away') });
    faultOf = () => 'error';
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 3000); // requests have failed, or the shard waits for another attempt
    const options = { env: s3.env, signal: controller.signal };
    const start = fakeStart();
    const { failed } = await runWith(uri, options, { start });
    expect(failed).toEqual([{ index: 0, reason: expect.stringMatching(/answered 500/) }]);
    faultOf = () => undefined;
    expect(await runWith(uri, { env: s3.env }, { start })).toMatchObject({ failed: [] });
    const values = (await collect(mergeManifest(uri))).map(({ value }) => value);
    expect(values).toEqual([
      expect.objectContaining({ width: 300 }),
      { file: inputs[1].uri, error: { code: 'FETCH_FAILED', message: expect.any(String) } },
    ]);
  });
});

describe('a run whose list has addresses', () => {
  it('fails without the keys of their store: no image is to blame', async () => {
    const { uri } = await world.planned([{ uri: 's3://bucket/photos/1.png' }], {
      dest: world.at('no-keys'),
    });
    const running = runWith(uri, { env: {} }, { start: fakeStart() });
    await expect(running).rejects.toMatchObject({ code: 'USAGE' });
    await expect(collect(mergeManifest(uri))).rejects.toThrow(/shard 0 is missing/);
  });

  it('fails when the store refuses its keys, and blames an image that alone is denied', async () => {
    let code = 'ExpiredToken';
    const server = createServer((_request, answer) => {
      answer.writeHead(403).end(`<Error><Code>${code}</Code><Message>No.</Message></Error>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { ...s3.env, AWS_ENDPOINT_URL: endpoint };
    try {
      const { uri } = await world.planned([{ uri: 's3://bucket/photos/1.png' }], {
        dest: world.at('old-keys'),
      });
      await expect(runWith(uri, { env }, { start: fakeStart() })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(/refuses its keys \(ExpiredToken\)/),
      });
      code = 'AccessDenied';
      expect(await runWith(uri, { env }, { start: fakeStart() })).toMatchObject({ written: 1 });
      expect((await collect(mergeManifest(uri)))[0].line).toContain('answered 403');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('makes malformed ones error lines, without passwords', async () => {
    const wrong = [
      'http://',
      'http://exa mple/x.jpg',
      'http://me:se@cret@127.0.0.1/x',
      's3:///x.jpg',
    ];
    const { uri } = await world.planned(
      wrong.map((uri) => ({ uri })),
      { dest: world.at('malformed'), shardSize: 10 },
    );
    expect(await runWith(uri, { env: s3.env }, { start: fakeStart() })).toMatchObject({
      failed: [],
    });
    const values = (await collect(mergeManifest(uri))).map(({ value }) => value);
    const errors = values.map((value) => ('error' in value ? value.error : undefined));
    expect(errors.map((error) => error?.code)).toEqual(wrong.map(() => 'FETCH_FAILED'));
    for (const error of errors) expect(error?.message).not.toContain('cret');
  });
});

describe('a run by HTTP', () => {
  it('keeps the query of its place', async () => {
    const asked = new Set<string>();
    const files = new Map<string, Buffer>();
    const server = createServer(async (request, answer) => {
      const { method, url } = request;
      asked.add(url!);
      if (method === 'PUT') files.set(url!, Buffer.concat(await collect(request)));
      if (method === 'DELETE') files.delete(url!);
      const found = files.get(url!);
      answer.writeHead(found ? 200 : 404, { 'content-length': found?.length ?? 0 });
      answer.end(method === 'HEAD' ? undefined : found);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { uri, run } = await world.plan(world.images(1), { dest: `${base}/out/?key=a/b` });
      expect(uri).toBe(`${base}/out/${run}/manifest.jsonl?key=a/b`);
      await runWith(uri, { workers: 1 }, { start: fakeStart() });
      expect([...files.keys()].sort()).toEqual([
        `/out/${run}/manifest.jsonl?key=a/b`,
        `/out/${run}/shard-00000.jsonl?key=a/b`,
      ]);
      expect([...asked].filter((url) => !url.endsWith('?key=a/b'))).toEqual([]);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('reads from and writes to any server with GET and PUT', async () => {
    const files = new Map<string, Buffer>();
    const server = createServer(async (request, answer) => {
      const name = decodeURIComponent(request.url!);
      if (request.method === 'PUT') {
        if (request.headers['if-none-match'] === '*' && files.has(name)) {
          answer.writeHead(412).end();
          return;
        }
        files.set(name, Buffer.concat(await collect(request)));
        answer.writeHead(201).end();
        return;
      }
      if (request.method === 'DELETE') files.delete(name);
      const found = files.get(name);
      answer.writeHead(found ? 200 : 404, { 'content-length': found?.length ?? 0 });
      answer.end(request.method === 'HEAD' ? undefined : found); // ranges are ignored
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const uris = world.images(7).map((file) => {
        files.set(`/in/${path.basename(file)}`, readFileSync(file));
        return `${base}/in/${path.basename(file)}`;
      });
      const { uri, run } = await world.plan(uris, { dest: `${base}/out` });
      await runWith(uri, { workers: 2 }, { start: fakeStart() });
      expect([...files.keys()].filter((name) => name.startsWith('/out')).sort()).toEqual(
        ['manifest', 'shard-00000', 'shard-00001', 'shard-00002'].map(
          (name) => `/out/${run}/${name}.jsonl`,
        ),
      );
      expect(await collect(mergeManifest(uri))).toHaveLength(7);
      const shard = `/out/${run}/shard-00001.jsonl`;
      files.set(shard, files.get(shard)!.subarray(10));
      expect(await runWith(uri, {}, { start: fakeStart() })).toMatchObject({
        missing: 1,
        written: 1,
      });
      // Another worker was faster: its file stays.
      const storage = new Storage();
      await storage.write(`${base}${shard}`, Buffer.from('late'), { ifAbsent: true });
      expect(await collect(mergeManifest(uri))).toHaveLength(7);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
