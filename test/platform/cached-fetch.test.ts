import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedBytes } from '../../src/platform/cached-fetch.ts';

const URL = 'https://example.org/model.safetensors';

/** What the server has now. */
let content: string;
let headers: Record<string, string>;
let online: boolean;
let requests: string[];

function answer(_url: string, { method = 'GET' }: RequestInit = {}): Promise<Response> {
  requests.push(method);
  if (!online) return Promise.reject(new TypeError('offline'));
  return Promise.resolve(new Response(method === 'HEAD' ? null : content, { headers }));
}

beforeEach(() => {
  const stored = new Map<string, Response>();
  const cache = {
    match: async (url: string) => stored.get(url)?.clone(),
    put: async (url: string, response: Response) => void stored.set(url, response),
  };
  vi.stubGlobal('caches', { open: async () => cache });
  vi.stubGlobal('fetch', answer);
  [content, headers, online, requests] = ['one', {}, true, []];
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const read = async () => Buffer.from(await cachedBytes(URL, {})).toString();

const LENGTH = { 'content-length': '3' };
const OLD = { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' };
const NEW = { 'last-modified': 'Tue, 02 Jan 2024 00:00:00 GMT' };

describe('a cached download', () => {
  it.each([
    ['the same ETag', { etag: '"a"' }, { etag: '"a"' }],
    ['the same ETag, compressed otherwise', { etag: '"a"', ...LENGTH }, { etag: '"a"' }],
    ['the same date and length', { ...OLD, ...LENGTH }, { ...OLD, ...LENGTH }],
  ])('is used with %s', async (_, before, after) => {
    headers = before;
    expect(await read()).toBe('one');
    [content, headers] = ['two', after];
    expect(await read()).toBe('one');
    expect(requests).toEqual(['GET', 'HEAD']);
  });

  it.each([
    ['only a length', LENGTH, LENGTH],
    ['only a date', OLD, OLD],
    ['no header at all', {}, {}],
    ['another ETag and the same length', { etag: '"a"', ...LENGTH }, { etag: '"b"', ...LENGTH }],
    ['an ETag that the copy lacks', { ...OLD, ...LENGTH }, { etag: '"b"', ...OLD, ...LENGTH }],
    ['another date and the same length', { ...OLD, ...LENGTH }, { ...NEW, ...LENGTH }],
    ['the same date and another length', { ...OLD, 'content-length': '4' }, { ...OLD, ...LENGTH }],
  ])('is replaced with %s', async (_, before, after) => {
    headers = before;
    expect(await read()).toBe('one');
    [content, headers] = ['two', after];
    expect(await read()).toBe('two');
    expect(requests).toEqual(['GET', 'HEAD', 'GET']);
  });

  it('is used offline, without a validator too', async () => {
    headers = LENGTH;
    expect(await read()).toBe('one');
    online = false;
    expect(await read()).toBe('one');
  });
});
