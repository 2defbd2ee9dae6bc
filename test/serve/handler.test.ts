/** The handler, with requests as a server makes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImageHeader } from '../../src/image/header.ts';
import { RefineDet } from '../../src/index.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import { createHandler, type Handler, type RequestLog } from '../../src/serve/index.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { form, IMAGE, jsonOf, post, randomRunner, SERVER } from './requests.ts';

let runner: Runner;
let handle: Handler;
const log: RequestLog[] = [];
beforeAll(async () => {
  runner = await randomRunner();
  handle = handlerOf(runner, { name: 'insects', log: (entry) => log.push(entry as RequestLog) });
});
afterAll(() => runner.detector.dispose());

const get = (path: string, headers: Record<string, string> = {}) =>
  handle(new Request(SERVER + path, { headers }));
const anything = '?threshold=0.05&maxDetections=5';

describe('POST /v1/detect', () => {
  it('finds what the detector finds, in a raw body and in a form', async () => {
    const expected = await runner.detector.detect(IMAGE, {
      scoreThreshold: 0.05,
      maxDetections: 5,
    });
    const settings = { options: JSON.stringify({ threshold: 0.05, maxDetections: 5 }) };
    for (const request of [
      post(`/v1/detect${anything}`, IMAGE),
      post('/v1/detect', form([IMAGE], settings)),
      post(
        '/v1/detect?threshold=0.9&maxDetections=5',
        form([IMAGE], { options: '{"threshold":0.05}' }),
      ),
    ]) {
      const answer = await handle(request);
      expect(answer.status).toBe(200);
      const { width, height, detections } = (await answer.json()) as {
        width: number;
        height: number;
        detections: { label: string; score: number; box: { x: number } }[];
      };
      expect([width, height]).toEqual([451, 300]);
      expect(detections).toHaveLength(5);
      for (const [i, { label, score, box }] of detections.entries()) {
        expect(label).toBe(expected[i].label);
        expect(score).toBeCloseTo(expected[i].score, 4);
        expect(box.x).toBeCloseTo(expected[i].box.x, 1);
      }
    }
  });

  it('answers the annotated image to a client that accepts images', async () => {
    for (const format of ['jpeg', 'png'] as const) {
      const headers = { accept: `image/${format}, application/json;q=0.5` };
      const answer = await handle(post(`/v1/detect${anything}`, IMAGE, headers));
      expect(answer.headers.get('content-type')).toBe(`image/${format}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect(readImageHeader(bytes)).toMatchObject({ format, width: 451, height: 300 });
    }
    const any = await handle(post('/v1/detect', IMAGE, { accept: '*/*' }));
    expect(any.headers.get('content-type')).toBe('application/json');
  });

  it.each([
    ['?threshold=2', 400, 'REQUEST_INVALID', 'threshold must be <= 1, not 2'],
    ['?threshold=x', 400, 'REQUEST_INVALID', 'threshold must be number, not "x"'],
    [
      '?thresold=1',
      400,
      'REQUEST_INVALID',
      'unknown option "thresold" (did you mean "threshold"?)',
    ],
    ['?confidence=1', 400, 'REQUEST_INVALID', 'unknown option "confidence"'],
    ['?threshold=1&threshold=0', 400, 'REQUEST_INVALID', '"threshold" is given twice'],
    ['?tiles=5', 400, 'REQUEST_INVALID', 'tiles must be >= 256, not 5'],
    ['?tiles=256', 413, 'REQUEST_TOO_LARGE', 'passes of the network; this server allows 4'],
    ['?classes=ant,dog', 400, 'UNKNOWN_CLASS', 'unknown class "dog"'],
    ['?tiles=true&multiScale=true', 400, 'INVALID_OPTION', 'multiScale and tiles'],
    ['?__proto__=1', 400, 'REQUEST_INVALID', 'unknown option "__proto__"'],
  ])('refuses %s', async (query, status, code, text) => {
    const few = handlerOf(runner, { queue: 2 });
    const answer = await few(post(`/v1/detect${query}`, IMAGE));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = await jsonOf(answer);
    expect(problem).toMatchObject({ type: 'about:blank', status, code });
    expect(problem['detail']).toContain(text);
    expect(problem['requestId']).toBe(answer.headers.get('x-request-id'));
  });

  it.each([
    ['no body', () => post('/v1/detect', null), 400, 'IMAGE_EMPTY'],
    ['a text', () => post('/v1/detect', 'hello'), 415, 'IMAGE_FORMAT'],
    ['half an image', () => post('/v1/detect', IMAGE.subarray(0, 9000)), 422, 'IMAGE_CORRUPT'],
    ['a form without an image', () => post('/v1/detect', form([])), 400, 'REQUEST_INVALID'],
    ['two images', () => post('/v1/detect', form([IMAGE, IMAGE])), 413, 'REQUEST_TOO_LARGE'],
    [
      'an unknown part',
      () => post('/v1/detect', form([IMAGE], { x: '1' })),
      400,
      'REQUEST_INVALID',
    ],
    [
      'options that are not JSON',
      () => post('/v1/detect', form([IMAGE], { options: '{' })),
      400,
      'REQUEST_INVALID',
    ],
    [
      'a form that is none',
      () => post('/v1/detect', 'x', { 'content-type': 'multipart/form-data; boundary=y' }),
      400,
      'REQUEST_INVALID',
    ],
    [
      'an address',
      () =>
        post('/v1/detect', '{"url":"http://127.0.0.1/"}', { 'content-type': 'application/json' }),
      403,
      'FORBIDDEN',
    ],
  ])('refuses %s, and answers the next request', async (_, request, status, code) => {
    const answer = await handle(request());
    expect({ status: answer.status, code: (await jsonOf(answer))['code'] }).toEqual({
      status,
      code,
    });
    expect((await handle(post('/v1/detect', IMAGE))).status).toBe(200);
  });

  it('limits pixels and bytes', async () => {
    const small = handlerOf(runner, { maxPixels: 1000, maxBody: 30_000 });
    const pixels = await small(post('/v1/detect', IMAGE.subarray(0, 20_000)));
    expect(await jsonOf(pixels)).toMatchObject({ status: 413, code: 'IMAGE_TOO_LARGE' });
    const bytes = await small(post('/v1/detect', IMAGE));
    expect(await jsonOf(bytes)).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' });
    const chunked = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(20_000)),
    });
    const endless = new Request(`${SERVER}/v1/detect`, {
      ...{ method: 'POST', body: chunked, duplex: 'half' },
    } as RequestInit);
    expect(await jsonOf(await small(endless))).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  });

  it('reads lists as clients write them', async () => {
    for (const query of ['classes=bee,cat', 'classes=bee&classes=cat']) {
      const answer = await handle(post(`/v1/detect?${query}&threshold=0.05`, IMAGE));
      const { detections } = (await answer.json()) as { detections: { label: string }[] };
      expect(new Set(detections.map(({ label }) => label))).toEqual(new Set(['bee', 'cat']));
    }
  });

  it.each([
    ['unquoted names, as .NET writes them', "name=image; filename=a.jpg; filename*=utf-8''a.jpg"],
    ['the file name first', 'filename="a.jpg"; name="image"'],
    ['no file name', 'name="image"'],
  ])('reads forms with %s', async (_, disposition) => {
    const boundary = 'b'; // occurs in the image too
    const body = Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      IMAGE,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const type = `multipart/form-data; charset=utf-8; boundary="${boundary}"`;
    for (const path of ['/v1/detect', '/v1/vision/detection']) {
      expect((await handle(post(path, body, { 'content-type': type }))).status).toBe(200);
    }
  });

  it('is not slowed down by bodies that look like boundaries', async () => {
    const type = `multipart/form-data; boundary=${'-'.repeat(69)}x`;
    const start = performance.now();
    const body = Buffer.alloc(19e6, '-');
    const answer = await handle(post('/v1/vision/detection', body, { 'content-type': type }));
    expect(answer.status).toBe(400);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('POST /v1/detect/batch', () => {
  it('answers each image in its place, damaged ones with their problem', async () => {
    const images = [IMAGE, new Uint8Array([1, 2, 3]), IMAGE];
    const answer = await handle(post(`/v1/detect/batch${anything}`, form(images)));
    expect(answer.status).toBe(200);
    const { results } = (await answer.json()) as { results: Record<string, unknown>[] };
    expect(results).toMatchObject([
      { width: 451 },
      { error: { code: 'IMAGE_FORMAT', status: 415 } },
      { width: 451 },
    ]);
    expect(results[2]).toEqual(results[0]);
  });

  it.each([{ maxImages: 2 }, { queue: 0 }])(
    'takes a limited number of images: %o',
    async (limit) => {
      const few = handlerOf(runner, limit); // without a queue, one image and one that is read ahead
      const answer = await few(post('/v1/detect/batch', form([IMAGE, IMAGE, IMAGE])));
      expect(await jsonOf(answer)).toMatchObject({
        ...{ code: 'REQUEST_TOO_LARGE', status: 413 },
        detail: 'a request may have 2 images at most, not 3',
      });
    },
  );
});

describe('the routes of DeepStack', () => {
  it('answer whole pixels and confidences', async () => {
    const fields = { min_confidence: '0.05' };
    for (const path of ['/v1/vision/detection', '/v1/vision/custom/insects']) {
      const answer = await handle(post(path, form([IMAGE], fields)));
      const { success, predictions } = (await answer.json()) as {
        success: boolean;
        predictions: Record<string, number | string>[];
      };
      expect(success).toBe(true);
      expect(predictions.length).toBeGreaterThan(3);
      for (const { label, confidence, ...box } of predictions) {
        expect(['ant', 'bee', 'cat']).toContain(label);
        expect(confidence).toBeGreaterThanOrEqual(0.05);
        expect(Object.keys(box).sort()).toEqual(['x_max', 'x_min', 'y_max', 'y_min']);
        expect(Object.values(box).every(Number.isInteger)).toBe(true);
      }
    }
  });

  it('answer failures in their form', async () => {
    const noImage = await handle(post('/v1/vision/detection', form([])));
    expect(noImage.status).toBe(400);
    expect(await jsonOf(noImage)).toMatchObject({ success: false, predictions: [], code: 400 });
    const percent = await handle(
      post('/v1/vision/detection', form([IMAGE], { min_confidence: '40' })),
    );
    expect((await jsonOf(percent))['error']).toContain(
      'min_confidence must be a number from 0 to 1, not "40"',
    );
    const foreign = { origin: 'https://pages.test' };
    const page = await handle(post('/v1/vision/detection', form([IMAGE]), foreign));
    expect([page.status, (await jsonOf(page))['success']]).toEqual([403, false]);
    const noModel = await handle(post('/v1/vision/custom/birds', form([IMAGE])));
    expect(noModel.status).toBe(404);
    expect((await jsonOf(noModel))['error']).toContain('unknown model "birds"');
    expect(await jsonOf(await get('/v1/vision/custom/list'))).toEqual({
      success: true,
      models: ['insects'],
    });
  });
});

describe('the other routes', () => {
  it('describe the model, the state and the metrics', async () => {
    expect(await jsonOf(await get('/v1/model'))).toMatchObject({
      name: 'insects',
      classes: ['ant', 'bee', 'cat'],
      backend: 'wasm',
      compute: 'float32',
    });
    expect(await jsonOf(await get('/healthz'))).toEqual({ status: 'ok' });
    expect((await get('/readyz')).status).toBe(200);
    const stopping = handlerOf(runner, { isReady: () => false });
    expect((await stopping(new Request(`${SERVER}/readyz`))).status).toBe(503);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(/refinedet_requests_total\{route="\/v1\/detect",status="200"\} \d+/);
    expect(metrics).toMatch(/refinedet_images_total \d+/);
    expect(metrics).toContain('refinedet_passes_pending 0');
  });

  it('name the methods of an address, and unknown addresses', async () => {
    const wrong = await get('/v1/detect');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const put = await handle(new Request(`${SERVER}/v1/model`, { method: 'PUT' }));
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await jsonOf(await get('/nothing'))).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  it('sends the files of a page and nothing else', async () => {
    const file = { body: Buffer.from('<p>hello'), type: 'text/html', etag: '"1"' };
    const withPage = handlerOf(runner, { site: new Map([['index.html', file]]), tokens: ['t'] });
    const page = await withPage(new Request(`${SERVER}/`));
    expect(await page.text()).toBe('<p>hello');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const known = await withPage(
      new Request(`${SERVER}/`, { headers: { 'if-none-match': '"1"' } }),
    );
    expect(known.status).toBe(304);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/a', '/__proto__']) {
      expect((await withPage(new Request(SERVER + path))).status).toBe(404);
    }
  });
});

describe('who may ask', () => {
  it('checks bearer tokens on all routes but those of health', async () => {
    const guarded = handlerOf(runner, { tokens: ['first', 'second'] });
    const ask = async (headers: Record<string, string>) =>
      (await guarded(post('/v1/detect', IMAGE, headers))).status;
    expect(await ask({})).toBe(401);
    for (const authorization of ['Bearer third', 'Basic first', 'first', 'Bearer first x']) {
      expect(await ask({ authorization })).toBe(401);
    }
    expect(await ask({ authorization: 'Bearer second' })).toBe(200);
    const status = async (path: string) => (await guarded(new Request(SERVER + path))).status;
    expect(await Promise.all(['/healthz', '/readyz'].map(status))).toEqual([200, 200]);
    expect(await Promise.all(['/metrics', '/v1/model'].map(status))).toEqual([401, 401]);
    const withKey = (key: string) =>
      guarded(post('/v1/vision/detection', form([IMAGE], { api_key: key })));
    expect([(await withKey('first')).status, (await withKey('x')).status]).toEqual([200, 401]);
  });

  it('refuses pages of other sites unless they are allowed', async () => {
    const origin = 'https://pages.test';
    const refused = await handle(post('/v1/detect', IMAGE, { origin }));
    expect(await jsonOf(refused)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    const preflight = {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    };
    expect((await handle(new Request(`${SERVER}/v1/detect`, preflight))).status).toBe(403);

    const open = handlerOf(runner, { cors: [origin] });
    const allowed = await open(post('/v1/detect', IMAGE, { origin }));
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    const asked = await open(new Request(`${SERVER}/v1/detect`, preflight));
    expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST',
    ]);
    expect((await open(post('/v1/detect', IMAGE, { origin: 'https://x.test' }))).status).toBe(403);
  });

  it.each(['example.com', 'https://Example.com', 'https://x.test/', 'https://x.test:443', ''])(
    'refuses to allow %j, which no browser sends as an origin',
    (origin) => {
      expect(() => handlerOf(runner, { cors: [origin] })).toThrow(
        /cors must be .*an origin such as/,
      );
    },
  );

  it('refuses other names of the server where a page could choose them', async () => {
    const named = handlerOf(runner, { hosts: ['Cam.test'] });
    const ask = async (host: string) =>
      (await named(post('/v1/detect', IMAGE, { host, origin: `http://${host}` }))).status;
    const good = ['cam.test', 'cam.test:8321', 'localhost:8321', '127.0.0.1:8321', '[::1]:8321'];
    expect(await Promise.all(good.map(ask))).toEqual(good.map(() => 200));
    const bad = ['evil.test', 'evil.test:8321', 'cam.test.evil.test', 'localhost.evil.test'];
    expect(await Promise.all(bad.map(ask))).toEqual(bad.map(() => 403));
  });
});

describe('ids and logs', () => {
  it('logs each request once, without images and tokens', async () => {
    log.length = 0;
    const headers = { 'x-request-id': 'mine-1', authorization: 'Bearer secret' };
    await handle(post(`/v1/detect${anything}`, IMAGE, headers));
    await handle(post('/v1/detect?threshold=7', IMAGE, { 'x-request-id': 'a b"c' }));
    expect(log).toMatchObject([
      {
        requestId: 'mine-1',
        method: 'POST',
        path: '/v1/detect',
        status: 200,
        images: 1,
        detections: 5,
      },
      { status: 400, code: 'REQUEST_INVALID', images: 0 },
    ]);
    expect(log[1].requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(log)).not.toContain('secret');
  });
});

it.each([
  ['Node', { incoming: { socket: { remoteAddress: '192.0.2.1' } } }, false, '192.0.2.1'],
  ['Deno', { remoteAddr: { hostname: '192.0.2.2' } }, false, '192.0.2.2'],
  ['Bun', { requestIP: () => ({ address: '::1' }) }, false, '::1'],
  ['a server that tells none', undefined, false, undefined],
  ['a proxy', { remoteAddr: { hostname: '192.0.2.2' } }, true, '203.0.113.9'],
])('logs the address of the client, of %s', async (_, connection, trustProxy, expected) => {
  const entries: object[] = [];
  const own = handlerOf(runner, { trustProxy, log: (entry) => entries.push(entry) });
  const forwarded = { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' };
  await own(new Request(`${SERVER}/healthz`, { headers: forwarded }), connection);
  const invented = { 'x-forwarded-for': 'localhost' };
  await own(new Request(`${SERVER}/healthz`, { headers: invented }), connection);
  const plain = trustProxy ? '192.0.2.2' : expected;
  expect(entries.map((entry) => (entry as RequestLog).client)).toEqual([expected, plain]);
});

it('createHandler serves any detector', async () => {
  const detector = await RefineDet.load(randomModel(64), { threads: 1 });
  const own = createHandler(detector);
  expect((await own(post('/v1/detect', IMAGE))).status).toBe(200);
  expect(() => createHandler(detector, { queue: -1 })).toThrow(
    'queue must be a whole number from 0',
  );
  expect(() => createHandler(detector, { token: 'x' } as object)).toThrow('unknown option "token"');
  detector.dispose();
  const after = await jsonOf(await own(post('/v1/detect', IMAGE)));
  expect(after).toMatchObject({ status: 500, code: 'DISPOSED' });
});
