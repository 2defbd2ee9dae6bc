/** Wires over Workers and MessagePorts; Node has MessagePorts too. */
import { blockedScript, watchPolicy } from '../platform/blocked.ts';
import type { ClientWire, FromWorker, ToWorker, WorkerWire } from './wire.ts';

/** A Worker, or an object with the same methods. */
export interface WorkerLike {
  /** Sends a call. */
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Listens to answers, and to those that cannot be read. */
  addEventListener(type: 'message' | 'messageerror', listener: (event: MessageEvent) => void): void;
  /** Listens to uncaught errors. */
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  /** Ends the worker at once. */
  terminate(): void;
}

/** Source and target of messages: `self` of a dedicated worker, or a MessagePort. */
export interface Port {
  /** Sends an answer. */
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Listens to calls, and to those that cannot be read. */
  addEventListener(type: 'message' | 'messageerror', listener: (event: MessageEvent) => void): void;
  /** Starts the delivery of messages; only a MessagePort has this method. */
  start?(): void;
}

/** Returns the wire to a worker of a page. */
export function workerWire(worker: WorkerLike): WorkerWire {
  watchPolicy();
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen: (receive: (message: FromWorker) => void) =>
      worker.addEventListener('message', ({ data }) => receive(data)),
    onDeath(notify) {
      worker.addEventListener('error', (event) => {
        event.preventDefault?.();
        notify(event.message || blockedScript());
      });
      worker.addEventListener('messageerror', () => notify('its answer cannot be read'));
    },
    terminate: async () => worker.terminate(),
  };
}

/** Returns the wire to the page or worker at the other end of a port. */
export function portWire(port: Port): ClientWire {
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen(receive: (message: ToWorker) => void) {
      port.addEventListener('message', ({ data }) => receive(data));
      port.start?.();
    },
    onUnreadable: (notify) => port.addEventListener('messageerror', notify),
  };
}
