/** Metrics in the format of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Sources {
  pending: () => number;
  heapBytes: () => number;
  ofProcess: boolean;
  /** Number of listeners of each stream, by name. */
  listeners: () => ReadonlyMap<string, number>;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #images: Counter;
  readonly #objects: Counter<'label'>;
  readonly #errors: Counter<'code'>;
  readonly #frames: Counter<'stream'>;
  readonly #dropped: Counter<'stream'>;

  /**
   * @param pending returns the number of passes of the network that run or wait
   * @param heapBytes returns the bytes of wasm heap
   * @param listeners returns the number of listeners of each stream
   * @param ofProcess adds memory, event loop and garbage collection of this process
   */
  constructor({ pending, heapBytes, listeners, ofProcess }: Sources) {
    const registers = [this.#registry];
    if (ofProcess) collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      ...{ name: 'refinedet_requests_total', help: 'Requests that were answered.', registers },
      labelNames: ['route', 'status'],
    });
    this.#seconds = new Histogram({
      ...{ name: 'refinedet_request_seconds', help: 'Time of a request.', registers },
      labelNames: ['route'],
      buckets: SECONDS,
    });
    const total = { name: 'refinedet_images_total', help: 'Images that were detected in.' };
    this.#images = new Counter({ ...total, registers });
    this.#objects = new Counter({
      ...{ name: 'refinedet_detections_total', help: 'Objects that were found.', registers },
      labelNames: ['label'],
    });
    this.#errors = new Counter({
      ...{ name: 'refinedet_errors_total', help: 'Errors by code.', registers },
      labelNames: ['code'],
    });
    new Gauge({
      ...{
        name: 'refinedet_passes_pending',
        help: 'Passes of the network that run or wait; a plain detection is one.',
        registers,
      },
      collect() {
        this.set(pending());
      },
    });
    this.#frames = new Counter({
      ...{ name: 'refinedet_stream_frames_total', help: 'Detected frames of streams.', registers },
      labelNames: ['stream'],
    });
    this.#dropped = new Counter({
      ...{ name: 'refinedet_stream_dropped_total', help: 'Frames left out.', registers },
      labelNames: ['stream'],
    });
    new Gauge({
      ...{ name: 'refinedet_stream_listeners', help: 'Clients that listen.', registers },
      labelNames: ['stream'],
      collect() {
        for (const [stream, count] of listeners()) this.set({ stream }, count);
      },
    });
    new Gauge({
      ...{ name: 'refinedet_wasm_heap_bytes', help: 'Wasm memory of all workers.', registers },
      collect() {
        this.set(heapBytes());
      },
    });
  }

  request(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status });
    this.#seconds.observe({ route }, seconds);
  }

  image(labels: readonly string[]): void {
    this.#images.inc();
    for (const label of labels) this.#objects.inc({ label });
  }

  /** @param dropped number of frames before this one that were left out */
  frame(stream: string, labels: readonly string[], dropped: number): void {
    this.image(labels);
    this.#frames.inc({ stream });
    this.#dropped.inc({ stream }, dropped);
  }

  error(code: string): void {
    this.#errors.inc({ code });
  }

  async answer(): Promise<Response> {
    const { contentType } = this.#registry;
    return new Response(await this.#registry.metrics(), {
      headers: { 'content-type': contentType },
    });
  }
}
