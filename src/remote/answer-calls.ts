/** The answering end of a wire, in a worker. */
import { RefineDetError } from '../errors.ts';
import { packError } from './sent-error.ts';
import type { ClientWire } from './wire.ts';

export interface CallContext {
  /** Fires when the client cancels the call. */
  signal: AbortSignal;
  /** Collects the objects that the answer transfers instead of copying. */
  transfer: Transferable[];
}

/** Methods that the client may call, by name. */
export type Methods = Record<string, (argument: never, context: CallContext) => Promise<unknown>>;

/**
 * Answers the client's calls, each as soon as its result is ready.
 * @returns a function that sends events
 */
export function answerCalls(
  wire: ClientWire,
  methods: Methods,
): (event: string, data: unknown) => void {
  const running = new Map<number, AbortController>();

  async function answer(call: number, method: string, argument: unknown): Promise<void> {
    const canceling = new AbortController();
    running.set(call, canceling);
    const transfer: Transferable[] = [];
    try {
      const { signal } = canceling;
      const result = await methods[method](argument as never, { signal, transfer });
      wire.post({ answer: call, result }, transfer);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        // An error thrown outside of any promise ends the worker: its wasm memory is in an unknown state.
        setTimeout(() => {
          throw error;
        });
      } else wire.post({ answer: call, error: packError(error) }, []);
    } finally {
      running.delete(call);
    }
  }

  let lastCall = 0;
  wire.listen((message) => {
    if ('cancel' in message) running.get(message.cancel)?.abort();
    else {
      lastCall = message.call;
      void answer(lastCall, message.method, message.argument);
    }
  });
  // Calls are numbered in their order, and only their arguments can be unreadable: this is the next call.
  wire.onUnreadable(() => {
    const error = new RefineDetError('INVALID_ARGUMENT', 'the worker cannot read the argument');
    wire.post({ answer: ++lastCall, error: packError(error) }, []);
  });
  return (event, data) => wire.post({ event, data }, []);
}
