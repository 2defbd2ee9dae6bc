/** A real S3-compatible server (s3rver) behind a proxy that can break requests. */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request: its answer is 500, never comes, or is cut off; or nothing. */
export type Fault = 'error' | 'silence' | 'cut' | undefined;

export interface S3Server {
  url: string;
  /** Variables for clients. */
  env: Record<string, string>;
  /** Requests by method. */
  counts: Record<string, number>;
  close(): Promise<void>;
}

/**
 * @param folder for its data
 * @param faultOf is asked for every request
 */
export async function startS3(
  folder: string,
  faultOf: (request: IncomingMessage) => Fault = () => undefined,
): Promise<S3Server> {
  const { default: S3rver } = await import('s3rver');
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory: folder },
    configureBuckets: [{ name: 'bucket' }],
  });
  const { port: inner } = await server.run();
  const counts: Record<string, number> = {};
  const proxy = createServer((incoming, answer) => {
    counts[incoming.method!] = (counts[incoming.method!] ?? 0) + 1;
    if (!isSigned(incoming)) return refuse(incoming, answer, 403);
    forward(incoming, answer, inner, faultOf(incoming));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    ...{ url, counts },
    // The only keys that this server knows.
    env: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_ENDPOINT_URL: url },
    async close() {
      proxy.closeAllConnections();
      proxy.close();
      await server.close();
    },
  };
}

function forward(incoming: IncomingMessage, answer: ServerResponse, port: number, fault: Fault) {
  if (fault === 'silence') return;
  if (fault === 'error') return refuse(incoming, answer, 500);
  const { method, url, headers } = incoming;
  const outer = request({ host: '127.0.0.1', port, method, path: url, headers }, (inner) => {
    answer.writeHead(inner.statusCode!, inner.headers);
    if (fault !== 'cut') {
      inner.pipe(answer);
      return;
    }
    // Half of the body, then the connection ends.
    inner.once('data', (piece: Buffer) => {
      answer.write(piece.subarray(0, piece.length >> 1), () => answer.destroy());
    });
    inner.once('end', () => answer.destroy());
  });
  outer.on('error', () => answer.destroy());
  incoming.pipe(outer);
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number): void {
  incoming.resume().on('end', () => answer.writeHead(status).end());
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

/** Whether the signature (AWS version 4) fits the request and the secret: s3rver does not check it. */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const parts = /Credential=S3RVER\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  );
  if (!parts) return false;
  const [, scope, names, signature] = parts;
  const [path, query = ''] = url!.split('?');
  const search = [...new URLSearchParams(query)].map((pair) =>
    pair.map(encodeURIComponent).join('='),
  );
  const signed = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const hash = headers['x-amz-content-sha256'] as string;
  const request = [method, path, search.sort().join('&'), signed.join(''), names, hash].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4S3RVER');
  return hmac(key, text).toString('hex') === signature;
}
