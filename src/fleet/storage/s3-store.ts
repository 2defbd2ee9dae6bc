/** S3-compatible stores: requests signed by aws4fetch; endpoint and credentials come from the environment only. */
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { parseXml } from '../../datasets/xml.ts';
import { RefineDetError } from '../../errors.ts';
import { HttpStore } from './http-store.ts';
import type { StoredFile } from './store.ts';

/** Codes of errors that no other file would change; AccessDenied may be of one file. */
const REFUSAL =
  /<Code>(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|RequestTimeTooSkewed)<\/Code>/;

type Environment = Readonly<Record<string, string | undefined>>;

export class S3Store extends HttpStore {
  readonly #endpoint: string;

  /** @throws USAGE without credentials */
  constructor(env: Environment, timeout: number) {
    const access = environmentOf(env);
    const client = new AwsClient({ ...access, service: 's3', retries: 0 });
    super({
      timeout,
      prepare(uri, init) {
        const { body } = init;
        const hash = createHash('sha256').update((body as Uint8Array | undefined) ?? '');
        const headers = { ...init.headers, 'x-amz-content-sha256': hash.digest('hex') };
        const url = /^https?:/.test(uri) ? uri : urlOf(access.endpoint, uri);
        return client.sign(url, { method: 'GET', ...init, headers });
      },
    });
    this.#endpoint = access.endpoint;
  }

  /** @throws USAGE when the store refuses the keys, which concerns all files alike */
  override request<T>(
    uri: string,
    init: RequestInit & { signal?: AbortSignal },
    use: (response: Response) => Promise<T>,
  ): Promise<T> {
    return super.request(uri, init, async (response) => {
      const refusal = response.ok ? undefined : REFUSAL.exec(await response.clone().text())?.[1];
      if (refusal === undefined) return use(response);
      const names = 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN';
      const message = `the store of ${uri} refuses its keys (${refusal}): check ${names}, and the clock`;
      throw new RefineDetError('USAGE', message);
    });
  }

  /** Files below a prefix, in the order of the store. @param recursive also those behind another slash */
  async *list(
    prefix: string,
    recursive: boolean,
    signal?: AbortSignal,
  ): AsyncGenerator<StoredFile> {
    const { bucket, key } = partsOf(prefix);
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ 'list-type': '2', prefix: key });
      if (!recursive) query.set('delimiter', '/');
      if (token !== undefined) query.set('continuation-token', token);
      const url = `${this.#endpoint}/${bucket}?${query}`;
      const text = await this.request(url, { signal }, async (response) => {
        const answer = await response.text();
        if (response.ok) return answer;
        throw new RefineDetError('FETCH_FAILED', `${prefix} answered ${response.status}`);
      });
      const page = readListing(text, bucket);
      yield* page.files;
      token = page.next;
    } while (token !== undefined);
  }
}

/** @throws USAGE */
function environmentOf(env: Environment) {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (!accessKeyId || !secretAccessKey) {
    const names = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new RefineDetError('USAGE', `s3:// needs the environment variables ${names}`);
  }
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const given = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const endpoint = (given ?? `https://s3.${region}.amazonaws.com`).replace(/\/+$/, '');
  if (!URL.canParse(endpoint)) {
    throw new RefineDetError('USAGE', `AWS_ENDPOINT_URL is not a URL: ${endpoint}`);
  }
  return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'], region, endpoint };
}

/** @throws FETCH_FAILED for a URI without a bucket */
function partsOf(uri: string): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(uri) ?? [];
  if (bucket) return { bucket, key };
  throw new RefineDetError('FETCH_FAILED', `${uri} is not of the form s3://bucket/key`);
}

/** The bucket is part of the path, as every compatible store allows. */
function urlOf(endpoint: string, uri: string): string {
  const { bucket, key } = partsOf(uri);
  return `${endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** Reads an answer of ListObjectsV2. */
function readListing(text: string, bucket: string): { files: StoredFile[]; next?: string } {
  const files: StoredFile[] = [];
  let next: string | undefined;
  let file: Record<string, string> = {};
  parseXml(text, {
    root: 'ListBucketResult',
    kind: 'the listing of a bucket',
    onOpen(open) {
      if (open.length === 2) file = {};
    },
    onClose(open, content) {
      const [, parent, field] = open;
      if (parent === 'NextContinuationToken') next = content;
      if (parent !== 'Contents') return;
      if (field !== undefined) file[field] = content;
      // Consoles leave empty objects in place of folders.
      else if (!file['Key'].endsWith('/')) {
        const uri = `s3://${bucket}/${file['Key']}`;
        files.push({ uri, size: Number(file['Size']), etag: file['ETag'] });
      }
    },
  });
  return { files, next };
}
