/** One client of a stream, and the events that wait for it. */

/** Events that wait for a slow client; the newest ones stay. */
const MOST_WAITING = 16;
/** A comment: clients ignore it, and the connection stays open. */
const HEARTBEAT = new TextEncoder().encode(':\n\n');

export class Listener {
  /** Body of the answer. Nothing happens before it is read: the body of a HEAD request never is. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #waiting: Uint8Array[] = [HEARTBEAT];
  #state: 'new' | 'listening' | 'ended' = 'new';
  #wake = () => {};

  constructor({ onArrive, onLeave }: { onArrive: () => void; onLeave: () => void }) {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (this.#state === 'new') {
        this.#state = 'listening';
        onArrive();
      }
      while (this.#waiting.length === 0 && this.#state === 'listening') {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const event = this.#waiting.shift();
      if (event) controller.enqueue(event);
      else if (!hasLeft) controller.close();
    };
    let hasLeft = false;
    const cancel = () => {
      hasLeft = true;
      this.#waiting.length = 0;
      this.end();
      onLeave();
    };
    this.body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }

  send(event: Uint8Array): void {
    if (this.#waiting.length === MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(event);
    this.#wake();
  }

  /** Shows that the connection lives, unless events are on their way. */
  beat(): void {
    if (this.#waiting.length === 0) this.send(HEARTBEAT);
  }

  /** Ends the answer after the events that wait. */
  end(): void {
    this.#state = 'ended';
    this.#wake();
  }
}
