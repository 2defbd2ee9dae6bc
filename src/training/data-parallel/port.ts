/** Calls to an object in another thread, over whatever carries messages between the two. */
import { ERROR_CODES, type ErrorCode, RefineDetError } from '../../errors.ts';

/** One end of a channel: a worker seen from outside, or the outside seen from a worker. */
export interface Port {
  post(message: unknown): void;
  listen(receive: (message: unknown) => void): void;
}

/** A worker of the platform. */
export interface WorkerPort extends Port {
  /** Told once, when the worker dies by itself. */
  onDeath(notify: (reason: string) => void): void;
  terminate(): Promise<void>;
}

interface Call {
  method: string;
  argument: unknown;
}

type Reply = { result: unknown } | { error: { code: ErrorCode; message: string } };

/** Sends calls, whose answers come in the same order. */
export class Caller {
  readonly #port: WorkerPort;
  readonly #waiting: { resolve(result: unknown): void; reject(error: Error): void }[] = [];
  #death: RefineDetError | undefined;

  constructor(port: WorkerPort) {
    this.#port = port;
    port.listen((message) => {
      const reply = message as Reply;
      const call = this.#waiting.shift();
      if ('result' in reply) call?.resolve(reply.result);
      else call?.reject(new RefineDetError(reply.error.code, reply.error.message));
    });
    port.onDeath((reason) => {
      this.#death = new RefineDetError('UNEXPECTED', `a training worker died: ${reason}`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#death);
    });
  }

  call(method: string, argument?: unknown): Promise<unknown> {
    if (this.#death) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#port.post({ method, argument } satisfies Call);
    });
  }

  terminate(): Promise<void> {
    return this.#port.terminate();
  }
}

/** Answers calls one after the other. */
export function answerCalls(
  port: Port,
  answer: (method: string, argument: unknown) => Promise<unknown>,
): void {
  let previous: Promise<void> = Promise.resolve();
  port.listen((message) => {
    const { method, argument } = message as Call;
    previous = previous.then(async () => {
      port.post(await outcome(() => answer(method, argument)));
    });
  });
}

async function outcome(work: () => Promise<unknown>): Promise<Reply> {
  try {
    return { result: await work() };
  } catch (error) {
    // Errors lose their class and code on the way to another thread.
    const { code, message, stack } = error as Partial<RefineDetError>;
    const known = code !== undefined && Object.hasOwn(ERROR_CODES, code);
    return {
      error: known
        ? { code, message: message ?? '' }
        : { code: 'UNEXPECTED', message: stack ?? String(error) },
    };
  }
}
