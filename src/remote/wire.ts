/**
 * Connections between two event loops, and their messages: calls in one direction, answers and events
 * in the other. `Channel` is the calling end, `answerCalls` is the answering end.
 */
import type { SentError } from './sent-error.ts';

/** One end of a connection. */
export interface Wire<Sent, Received> {
  post(message: Sent, transfer: readonly Transferable[]): void;
  listen(receive: (message: Received) => void): void;
}

/** A worker, seen from outside. */
export interface WorkerWire extends Wire<ToWorker, FromWorker> {
  /** Calls `notify` once with the reason when the worker dies, unless it was terminated. */
  onDeath(notify: (reason: Error | string) => void): void;
  /** Sets whether the process waits for the worker; absent where that has no meaning. */
  hold?(wanted: boolean): void;
  terminate(): Promise<void>;
}

/** The client, seen from a worker. */
export interface ClientWire extends Wire<FromWorker, ToWorker> {
  /** Calls `notify` for each message that arrives and cannot be read. */
  onUnreadable(notify: () => void): void;
}

export type ToWorker = { call: number; method: string; argument: unknown } | { cancel: number };

export type FromWorker =
  | { answer: number; result: unknown }
  | { answer: number; error: SentError }
  | { event: string; data: unknown };
