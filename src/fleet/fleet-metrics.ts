/** Metrics of a worker in the format of Prometheus. */
import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../errors.ts';
import type { ShardOutcome, ShardWorker, WorkerEvents } from './shard-worker.ts';

const SECONDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export class FleetMetrics implements Required<WorkerEvents> {
  readonly #registry = new Registry();
  readonly #images: Counter;
  readonly #bytes: Counter;
  readonly #errors: Counter<'code'>;
  readonly #shards: Counter<'outcome'>;
  readonly #seconds: Histogram;
  #worker: ShardWorker | undefined;

  constructor() {
    const registers = [this.#registry];
    const named = (name: string, help: string) => ({
      name: `refinedet_fleet_${name}`,
      help,
      registers,
    });
    collectDefaultMetrics({ register: this.#registry });
    this.#images = new Counter(named('images_total', 'Images that were detected in.'));
    this.#bytes = new Counter(named('image_bytes_total', 'Bytes of these images.'));
    this.#errors = new Counter({
      ...named('image_errors_total', 'Images that became error lines, by code.'),
      labelNames: ['code'],
    });
    this.#shards = new Counter({
      ...named('shards_total', 'Shards by outcome: written, present, failed or released.'),
      labelNames: ['outcome'],
    });
    this.#seconds = new Histogram({
      ...named('shard_seconds', 'Time of a shard that was written.'),
      buckets: SECONDS,
    });
    const bytesAhead = () => this.#worker?.budget.used ?? 0;
    new Gauge({
      ...named('prefetched_bytes', 'Bytes of images that are read or wait for a worker.'),
      collect() {
        this.set(bytesAhead());
      },
    });
    const heapBytes = async () => (await this.#worker?.heapBytes()) ?? 0;
    new Gauge({
      ...named('wasm_heap_bytes', 'Wasm memory of all workers.'),
      async collect() {
        this.set(await heapBytes());
      },
    });
  }

  /** Shows the memory of a worker. */
  watch(worker: ShardWorker): void {
    this.#worker = worker;
  }

  image = ({ bytes, code }: { bytes: number; code?: ErrorCode }): void => {
    if (code) this.#errors.inc({ code });
    else this.#images.inc();
    this.#bytes.inc(bytes);
  };

  shard = (outcome: ShardOutcome, seconds: number): void => {
    this.#shards.inc({ outcome });
    if (outcome === 'written') this.#seconds.observe(seconds);
  };

  /** A server of /metrics that does not listen yet. */
  server(): Server {
    return createServer(async ({ url }, answer) => {
      if (url !== '/metrics') {
        answer.writeHead(404).end();
        return;
      }
      const text = await this.#registry.metrics();
      answer.writeHead(200, { 'content-type': this.#registry.contentType }).end(text);
    });
  }
}
