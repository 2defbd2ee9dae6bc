/** A detector behind a fetch-style handler. */

import { Hono } from 'hono';
import type { Detector } from '../detector-contract.ts';
import { packageVersion } from '../platform/package-version.ts';
import { detectImage } from '../runner/detect-image.ts';
import type { Runner } from '../runner/runner.ts';
import { checkHost, checkOrigin } from './authorize.ts';
import { type Connection, clientAddress, type OwnConnection } from './client-address.ts';
import { DetectionService } from './detection-service.ts';
import { openApi } from './openapi.ts';
import { type HandlerOptions, resolveHandlerOptions, type SiteFile } from './options.ts';
import { problemAnswer, problemOf, ServeError } from './problems.ts';
import { Call } from './request-call.ts';
import type { Route } from './route.ts';
import { noSuchRoute, ROUTES } from './routes.ts';

/**
 * Answers HTTP requests.
 * @param connection what the server gives beside the request, for the address in the log
 */
export type Handler = (request: Request, connection?: Connection) => Promise<Response>;

type Environment = { Bindings: { call: Call } };

const COMMON_HEADERS = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

/** A cross-origin isolated page may share memory between threads. */
const PAGE_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/**
 * Answers the requests of `refinedet serve` with a detector of yours, in Node, Bun and Deno:
 * `Deno.serve(createHandler(detector))`. The handler does not limit how slowly a client may send its
 * headers: that is up to the server.
 * @param detector a pool detects several images at once and keeps this thread free
 * @throws INVALID_OPTION
 */
export function createHandler(detector: Detector, options: HandlerOptions = {}): Handler {
  const run: Runner['run'] = (job, signal) => detectImage(detector, job, { signal });
  return handlerOf({ detector, run }, options);
}

/** @throws INVALID_OPTION */
export function handlerOf(runner: Runner, given: HandlerOptions = {}): Handler {
  const options = resolveHandlerOptions(given);
  const service = new DetectionService(runner, options);
  const app = new Hono<Environment>();
  for (const route of ROUTES) addRoute(app, route, service);
  const description = openApi(packageVersion(), !service.tokens.isOpen);
  app.get('/openapi.json', (context) => context.json(description));
  app.get('*', ({ req }) => siteAnswer(options.site, req.path, req.header('if-none-match')));
  app.all('*', ({ req }) => notAllowed(req.path, options.site));
  app.onError((error, { env: { call } }) => {
    call.error = call.failure(error);
    service.metrics.error(problemOf(call.error, call.id).code);
    return problemAnswer(call.error, call.id);
  });

  options.signal?.addEventListener('abort', () => {
    for (const stream of service.streams.values()) stream.end();
  });

  return async (request, connection) => {
    const call = new Call(request, options.timeout);
    call.client = clientAddress(request, connection, options.trustProxy);
    call.chunks = (connection as OwnConnection | undefined)?.chunks;
    try {
      const response = isPreflight(request)
        ? preflightAnswer(request, options.cors, call)
        : await app.fetch(request, { call });
      return finish(request, response, call);
    } finally {
      call.end();
    }
  };

  function finish(request: Request, response: Response, call: Call): Response {
    const { headers, status } = response;
    for (const [name, value] of Object.entries(COMMON_HEADERS)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    headers.set('x-request-id', call.id);
    // A client that goes on asking over one connection would keep a server from stopping.
    if (options.signal?.aborted) headers.set('connection', 'close');
    const origin = request.headers.get('origin');
    if (origin !== null && (options.cors.includes('*') || options.cors.includes(origin))) {
      headers.set('access-control-allow-origin', origin);
      headers.set('access-control-expose-headers', 'retry-after, x-request-id');
      headers.append('vary', 'Origin');
    }
    const { pathname } = new URL(request.url);
    report(request.method, pathname, status, call);
    return response;
  }

  function report(method: string, pathname: string, status: number, call: Call): void {
    const route = routeOf(pathname);
    service.metrics.request(route, status, call.seconds);
    const problem = call.error === undefined ? undefined : problemOf(call.error, call.id);
    options.log?.({
      time: new Date().toISOString(),
      requestId: call.id,
      method,
      path: pathname.slice(0, 200),
      ...(call.client !== undefined && { client: call.client }),
      status: problem?.code === 'ABORTED' ? 499 : status,
      milliseconds: Math.round(call.seconds * 1000),
      images: call.images,
      detections: call.detections,
      ...(problem && { code: problem.code }),
      ...(problem && problem.status === 500 && { error: String(call.error) }),
    });
  }
}

function addRoute(app: Hono<Environment>, route: Route, service: DetectionService): void {
  const { options, tokens } = service;
  app[route.method](route.path, async (context) => {
    const { call } = context.env;
    const request = context.req.raw;
    try {
      if (!route.isPublic) {
        checkHost(request, options.hosts);
        checkOrigin(request, options.cors);
        if (!route.checksToken) tokens.check(request.headers.get('authorization'));
      }
      return await route.handle(service, { call, context, request });
    } catch (error) {
      if (!route.failure) throw error;
      call.error = call.failure(error);
      return route.failure(service, { call }, call.error);
    }
  });
}

/** The file of a page; files need no token, because they are the same for everybody. */
function siteAnswer(
  site: ReadonlyMap<string, SiteFile> | undefined,
  path: string,
  known: string | undefined,
): Response {
  const file = site?.get(fileName(path));
  if (!file) return isKnown(path) ? notAllowed(path, site) : noSuchRoute(path);
  const headers = { ...PAGE_HEADERS, etag: file.etag };
  if (known === file.etag) return new Response(null, { status: 304, headers });
  return new Response(file.body as Uint8Array<ArrayBuffer>, {
    headers: { ...headers, 'content-type': file.type },
  });
}

/** @throws METHOD_NOT_ALLOWED, NOT_FOUND */
function notAllowed(path: string, site: ReadonlyMap<string, SiteFile> | undefined): never {
  const methods = ROUTES.filter((route) => matches(route, path)).map(({ method }) => method);
  const isFile = site?.has(fileName(path)) || path === '/openapi.json';
  if (methods.length === 0 && !isFile) return noSuchRoute(path);
  const allow = (isFile ? ['get', 'head'] : methods).join(', ').toUpperCase();
  throw new ServeError('METHOD_NOT_ALLOWED', `use ${allow} at ${path.slice(0, 200)}`, { allow });
}

const fileName = (path: string) => (path === '/' ? 'index.html' : path.slice(1));

const isKnown = (path: string) => ROUTES.some((route) => matches(route, path));

function matches({ path }: Route, given: string): boolean {
  const [start, name] = path.split(':');
  if (name === undefined) return path === given;
  return given.startsWith(start) && /^[^/]+$/.test(given.slice(start.length));
}

/** Label of a path in metrics, where the number of labels must be bounded. */
function routeOf(path: string): string {
  return ROUTES.find((route) => matches(route, path))?.path ?? 'other';
}

function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method');
}

function preflightAnswer(request: Request, cors: readonly string[], call: Call): Response {
  try {
    checkOrigin(request, cors);
  } catch (error) {
    call.error = error;
    return problemAnswer(error, call.id);
  }
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, x-request-id',
      'access-control-max-age': '600',
    },
  });
}
