/** Requests to a worker and the promises of their answers. */
import { RefineDetError } from '../errors.ts';
import { blockedScript, watchPolicy } from '../platform/blocked.ts';
import { type Request, type Response, unpackError } from './protocol.ts';

/** A Worker, or anything that behaves like one. */
export interface WorkerLike {
  /** Asks. */
  postMessage(message: Request, transfer: Transferable[]): void;
  /** Listens to answers. */
  addEventListener(type: 'message', listener: (event: MessageEvent<Response>) => void): void;
  /** Listens to errors that nobody caught. */
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  /** Ends the worker at once. */
  terminate(): void;
}

export type Answer = Extract<Response, { type: 'loaded' | 'detected' }>;
type Notice = Exclude<Response, Answer | { type: 'failed' }>;
type Question = Extract<Request, { id: number; type: 'load' | 'detect' }>;
/** Without the number that the channel gives it. */
export type Unnumbered = Question extends infer Q
  ? Q extends Question
    ? Omit<Q, 'id'>
    : never
  : never;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: RefineDetError): void;
}

export class Channel {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #crash: RefineDetError | undefined;

  /**
   * @param notify receives what is not an answer
   * @param crashed told once when the worker dies; everything under way is rejected before
   */
  constructor(
    worker: WorkerLike,
    notify: (notice: Notice) => void,
    crashed: (error: RefineDetError) => void,
  ) {
    this.#worker = worker;
    watchPolicy();
    worker.addEventListener('message', ({ data }) => {
      if (data.type === 'failed') this.#take(data.id)?.reject(unpackError(data.error));
      else if (data.type === 'loaded' || data.type === 'detected') {
        this.#take(data.id)?.resolve(data);
      } else notify(data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      const reason = event.message || blockedScript();
      const error = new RefineDetError('WORKER_CRASHED', `the worker has crashed: ${reason}`);
      if (this.close(error)) crashed(error);
    });
  }

  /** @throws what the worker throws, ABORTED at once, WORKER_CRASHED */
  ask(
    question: Unnumbered,
    transfer: Transferable[],
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    if (this.#crash) return Promise.reject(this.#crash);
    const id = this.#nextId++;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#worker.postMessage({ ...question, id } as Question, transfer);
    if (!signal) return answer;
    const abort = () => {
      const error = new RefineDetError('ABORTED', 'the operation was aborted', {
        cause: signal.reason,
      });
      this.#take(id)?.reject(error);
      this.#worker.postMessage({ type: 'cancel', id }, []);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  /** A message that is not answered. */
  tell(message: Exclude<Request, Question>, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Ends the worker; what is under way is rejected. False when it had been closed. */
  close(error: RefineDetError): boolean {
    if (this.#crash) return false;
    this.#crash = error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    return true;
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
