/** Who may ask: bearer tokens, and requests of web pages. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { ServeError } from './problems.ts';

export class Tokens {
  readonly #digests: readonly Buffer[];

  /** @param tokens empty: anybody may ask */
  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest);
  }

  get isOpen(): boolean {
    return this.#digests.length === 0;
  }

  /** Compares digests, all of them, so that the time says nothing about a token. */
  knows(token: string): boolean {
    const given = digest(token);
    return this.#digests.filter((known) => timingSafeEqual(known, given)).length > 0;
  }

  /** @throws UNAUTHORIZED */
  check(authorization: string | null): void {
    if (this.isOpen) return;
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined && this.knows(token)) return;
    const reason = token === undefined ? 'a bearer token is needed' : 'the bearer token is unknown';
    throw new ServeError('UNAUTHORIZED', reason, { 'www-authenticate': 'Bearer' });
  }
}

/**
 * Refuses requests that a page of another site makes, which browsers send without asking.
 * @param origins allowed origins, or `*`
 * @throws FORBIDDEN
 */
export function checkOrigin(request: Request, origins: readonly string[]): void {
  const origin = request.headers.get('origin');
  if (origin === null) return;
  if (origins.includes('*') || origins.includes(origin)) return;
  if (hostOf(origin) === request.headers.get('host')) return;
  throw new ServeError('FORBIDDEN', `pages of ${origin.slice(0, 200)} may not use this server`);
}

/**
 * Refuses requests that address the server by another name.
 * @param hosts allowed names besides IP addresses and localhost; undefined: any
 * @throws FORBIDDEN
 */
export function checkHost(request: Request, hosts: readonly string[] | undefined): void {
  if (!hosts) return;
  const host = request.headers.get('host') ?? 'localhost';
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
  const plain = name.replace(/^\[|\]$/g, '');
  const isAllowed = hosts.some((allowed) => allowed.toLowerCase() === plain);
  if (isIP(plain) || plain === 'localhost' || isAllowed) return;
  throw new ServeError(
    'FORBIDDEN',
    `this server is not called ${JSON.stringify(host.slice(0, 200))}`,
  );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
