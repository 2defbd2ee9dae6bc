/** What the commands of a fleet tell while they work. */
import { FleetMetrics } from '../../fleet/fleet-metrics.ts';
import type { RunStart } from '../../fleet/run-shards.ts';
import type { ShardWorker, WorkerEvents } from '../../fleet/shard-worker.ts';
import { listen } from '../listen.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';

interface Flags {
  quiet?: boolean;
  metrics?: number;
  metricsHost: string;
}

/** Counts the images of a worker: progress, metrics and the summary. */
export class FleetProgress implements WorkerEvents {
  readonly #flags: Flags;
  readonly #metrics: FleetMetrics | undefined;
  #progress: Progress | undefined;
  /** Images that this worker will see, where it knows. */
  #expected = Number.POSITIVE_INFINITY;
  #images = 0;
  #failures = 0;
  #shards = 0;

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#metrics = flags.metrics === undefined ? undefined : new FleetMetrics();
  }

  /** Serves metrics until the returned function is called. @throws ADDRESS_UNAVAILABLE */
  async serve(): Promise<() => void> {
    const { metrics: port, metricsHost } = this.#flags;
    if (!this.#metrics || port === undefined) return () => {};
    const server = this.#metrics.server();
    const url = await listen(server, metricsHost, [port]);
    this.#tell(`metrics at ${url}metrics`);
    return () => {
      server.close();
      server.closeAllConnections();
    };
  }

  /** The worker is ready: the time counts from here. */
  watch = (worker: ShardWorker): void => {
    this.#metrics?.watch(worker);
    this.#progress = new Progress(this.#expected, this.#flags);
  };

  onStart = ({ shards, missing, images }: RunStart): void => {
    if (missing === 0) this.#tell(`nothing to do: ${counted(shards, 'complete shard')}`);
    else if (missing < shards) this.#tell(`${counted(shards - missing, 'shard')} done before`);
    this.#expected = images;
  };

  /** Tells those who wait what the program waits for. */
  announceEnd(signal: AbortSignal): void {
    const tell = () => this.#tell('shards under way may end; another signal stops them at once');
    signal.addEventListener('abort', tell);
  }

  image: NonNullable<WorkerEvents['image']> = (image) => {
    this.#metrics?.image(image);
    this.#images++;
    if (image.code) this.#failures++;
    this.#progress?.advance();
  };

  shard: NonNullable<WorkerEvents['shard']> = (outcome, seconds) => {
    this.#metrics?.shard(outcome, seconds);
    if (outcome === 'written') this.#shards++;
  };

  stop(): void {
    this.#progress?.stop();
  }

  /** @param place of the results */
  summarize(place: string): void {
    this.stop();
    if (this.#images === 0) return;
    const parts = [
      `${counted(this.#images, 'image')} in ${counted(this.#shards, 'shard')}`,
      ...(this.#failures > 0 ? [`${this.#failures} failed`] : []),
      `${(this.#progress?.rate ?? 0).toFixed(1)} images/s`,
    ];
    this.#tell(`${parts.join(', ')}; results in ${place}`);
  }

  #tell(sentence: string): void {
    if (!this.#flags.quiet) process.stderr.write(`refinedet: ${sentence}\n`);
  }
}
