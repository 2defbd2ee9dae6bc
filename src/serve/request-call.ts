/** One request under way: its id, its time limit and what the log says about it. */
import { randomUUID } from 'node:crypto';
import { RefineDetError } from '../errors.ts';
import { ServeError } from './problems.ts';
import type { Chunks } from './read-body.ts';

/** Ids that clients may choose: no control characters get into the log. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

export class Call {
  readonly id: string;
  readonly start = performance.now();
  /** Address of the client, where it is known. */
  client: string | undefined;
  /** The body, where the server reads it itself. */
  chunks: Chunks | undefined;
  images = 0;
  detections = 0;
  error: unknown;
  readonly #controller = new AbortController();
  readonly #request: Request;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #milliseconds: number;

  /** @param milliseconds time limit */
  constructor(request: Request, milliseconds: number) {
    const asked = request.headers.get('x-request-id') ?? '';
    this.id = REQUEST_ID.test(asked) ? asked : randomUUID();
    this.#request = request;
    this.#milliseconds = milliseconds;
    this.#timer = setTimeout(() => this.#controller.abort(this.#timeout()), milliseconds);
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener('abort', this.#leave, { once: true });
  }

  /** Fires at the time limit and when the client closes the connection. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  /** The error to answer: after the time limit the work fails with ABORTED. */
  failure(error: unknown): unknown {
    const isAbort = error instanceof RefineDetError && error.code === 'ABORTED';
    const { reason } = this.signal;
    return isAbort && reason instanceof ServeError ? reason : error;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener('abort', this.#leave);
  }

  readonly #leave = (): void => {
    this.#controller.abort(new ServeError('ABORTED', 'the client has closed the connection'));
  };

  #timeout(): ServeError {
    const message = `the request took longer than ${this.#milliseconds / 1000} s`;
    return new ServeError('TIMEOUT', message, { 'retry-after': '1' });
  }
}
