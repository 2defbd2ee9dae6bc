/** Metrics in the format of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Sources {
  pending: () => number;
  heapBytes: () => number;
  ofProcess: boolean;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #images: Counter;
  readonly #objects: Counter<'label'>;
  readonly #errors: Counter<'code'>;

  /**
   * @param pending returns the number of passes of the network that run or wait
   * @param heapBytes returns the bytes of wasm heap
   * @param ofProcess adds memory, event loop and garbage collection of this process
   */
  constructor({ pending, heapBytes, ofProcess }: Sources) {
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
