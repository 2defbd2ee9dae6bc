/**
 * What carries messages between two event loops, and what they say: calls one way; answers and events
 * the other way. `Channel` is the end that calls, `answerCalls` the end that answers.
 */
import type { SentError } from './sent-error.ts';

/** One end of a connection. */
export interface Wire<Sent, Received> {
  post(message: Sent, transfer: readonly Transferable[]): void;
  listen(receive: (message: Received) => void): void;
}

/** A worker, seen from outside. */
export interface WorkerWire extends Wire<ToWorker, FromWorker> {
  /** Tells once why the worker has died, unless it was terminated. */
  onDeath(notify: (reason: string) => void): void;
  /** Where it matters: whether the process waits for the worker. */
  hold?(wanted: boolean): void;
  terminate(): Promise<void>;
}

/** The outside, seen from a worker. */
export type ClientWire = Wire<FromWorker, ToWorker>;

export type ToWorker = { call: number; method: string; argument: unknown } | { cancel: number };

export type FromWorker =
  | { answer: number; result: unknown }
  | { answer: number; error: SentError }
  | { event: string; data: unknown };
