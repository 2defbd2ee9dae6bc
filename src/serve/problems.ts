/** Errors as answers: problem details of RFC 9457 with our codes. */
import { type ErrorCode, RefineDetError } from '../errors.ts';
import { memoryShortage } from '../out-of-memory.ts';
import type { Problem } from './schemas.ts';

/** Status by code; any other code is a fault of the server. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  INVALID_OPTION: 400,
  UNKNOWN_CLASS: 400,
  REQUEST_INVALID: 400,
  IMAGE_EMPTY: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TIMEOUT: 503,
  REQUEST_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  IMAGE_FORMAT: 415,
  IMAGE_CORRUPT: 422,
  FETCH_FAILED: 422,
  OVERLOADED: 503,
  // The client has closed the connection; only the log shows it.
  ABORTED: 499,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error of the server, and headers for its answer. */
export class ServeError extends RefineDetError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(code, message, { cause });
    this.headers = headers;
  }
}

/** Problem details of any error; foreign errors do not show their text. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known =
    error instanceof RefineDetError ? error : memoryShortage('memory has run out', error);
  const code = known?.code ?? 'UNEXPECTED';
  const status = STATUS[code] ?? 500;
  return {
    type: 'about:blank',
    title: TITLES[status],
    status,
    detail: known?.message ?? 'an internal error; the log of the server has more',
    code,
    requestId,
  };
}

export function problemAnswer(error: unknown, requestId: string): Response {
  const problem = problemOf(error, requestId);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(error instanceof ServeError ? error.headers : {}),
    },
  });
}
