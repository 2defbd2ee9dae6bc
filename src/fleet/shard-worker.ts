/** Works on shards with a pool that has the model of a run. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { modelBytes, readNamed } from '../detection/load-model.ts';
import { RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { packageVersion } from '../platform/package-version.ts';
import { MOST_WORKERS } from '../pool/pool-size.ts';
import { startWorkers } from '../runner/runner.ts';
import { ByteBudget } from './byte-budget.ts';
import { detectShard, type ImageEvents, type ShardTools } from './detect-shard.ts';
import { Exclusion } from './exclusion.ts';
import type { Journal } from './journal.ts';
import type { Manifest, ShardRange } from './manifest.ts';
import type { ManifestHeader } from './manifest-format.ts';
import { readShard, sealedShard } from './shard-file.ts';
import { type StartRunner, SteadyRunner } from './steady-runner.ts';
import type { Storage } from './storage/storage.ts';

/** Options of a worker. */
export interface ShardWorkerOptions {
  /** Path or URL of the model on this machine; default: the one that the manifest names. */
  model?: string;
  /** Images at the same time, each in its own worker. Default `auto`: one per core. */
  workers?: 'auto' | number;
  /** Threads of each worker; default 1, or `auto` for a single worker. */
  threads?: 'auto' | number;
  /** Most bytes of images that are read ahead. Default 256,000,000. */
  prefetch?: number;
  /** Receives warnings; default: the console. */
  warn?: (message: string) => void;
  signal?: AbortSignal;
}

/** What a worker tells about its work. */
export interface WorkerEvents extends ImageEvents {
  /** Called when a shard ends. @param seconds that it took */
  shard?(outcome: ShardOutcome, seconds: number): void;
}

/** What has become of a shard; `present`: its file was there and valid. */
export type ShardOutcome = 'written' | 'present' | 'failed' | 'released';

export interface WorkerSetup extends WorkerEvents {
  storage: Storage;
  /** Starts the workers; default: a pool with the model of the run. */
  start?: (model: Model, header: ManifestHeader, workers: number) => ReturnType<StartRunner>;
}

const DEFAULT_PREFETCH = 256_000_000;

export class ShardWorker {
  /** Images at the same time, and shards under way. */
  readonly workers: number;
  readonly budget: ByteBudget;
  readonly #manifest: Manifest;
  readonly #tools: ShardTools;
  readonly #runner: SteadyRunner;
  readonly #exclusion = new Exclusion();

  private constructor(
    manifest: Manifest,
    workers: number,
    runner: SteadyRunner,
    budget: ByteBudget,
    setup: WorkerSetup,
  ) {
    this.workers = workers;
    this.budget = budget;
    this.#manifest = manifest;
    this.#runner = runner;
    // One more image than workers: it is ready when a worker becomes free.
    this.#tools = { ...setup, runner, budget, concurrency: workers + 1 };
  }

  /**
   * Loads the model and starts the workers.
   * @throws FLEET_MISMATCH, MANIFEST_FORMAT, NO_DEFAULT_MODEL, MODEL_*, FILE_NOT_FOUND, FETCH_FAILED, ABORTED
   */
  static async open(
    manifest: Manifest,
    options: ShardWorkerOptions,
    setup: WorkerSetup,
  ): Promise<ShardWorker> {
    const { workers: given = 'auto', threads, warn, signal } = options;
    const workers = Math.min(given === 'auto' ? availableParallelism() : given, MOST_WORKERS);
    const model = await modelOf(manifest, options);
    // Shards of changed settings or inputs would pass for those of the run.
    await manifest.verify(signal);
    const { inputSize, compute } = manifest.header;
    const computing = { workers, threads, inputSize, compute, warn, signal };
    const { start = (one) => startWorkers(one, computing) } = setup;
    const runner = await SteadyRunner.start(() => start(model, manifest.header, workers));
    const budget = new ByteBudget(options.prefetch ?? DEFAULT_PREFETCH);
    return new ShardWorker(manifest, workers, runner, budget, setup);
  }

  /**
   * Writes the file of a shard, unless it is there and valid.
   * @throws what `detectShard` throws; FILE_WRITE
   */
  process(
    range: ShardRange,
    journal: Journal,
    signal?: AbortSignal,
  ): Promise<'written' | 'present'> {
    // A shard that may kill the process is alone in it: the images of others must not be suspected.
    return this.#exclusion.run(journal.isCareful, () => this.#process(range, journal, signal));
  }

  async #process(
    range: ShardRange,
    journal: Journal,
    signal: AbortSignal | undefined,
  ): Promise<'written' | 'present'> {
    const { storage } = this.#tools;
    const uri = this.#manifest.shardUri(range.index);
    const existing = await storage.find(uri, { signal });
    if (existing && 'lines' in readShard(existing, this.#manifest, range.index)) return 'present';
    const { header } = this.#manifest;
    const inputs = await this.#manifest.inputs(range, signal);
    const lines = await detectShard(inputs, header, this.#tools, journal, signal);
    const content = sealedShard(header.run, range.index, lines);
    await storage.write(uri, content, { ifAbsent: existing === undefined, signal });
    return 'written';
  }

  heapBytes(): Promise<number> {
    return this.#runner.heapBytes();
  }

  dispose(): Promise<void> {
    return this.#runner.dispose();
  }
}

/** Loads the model, and refuses to work with another version or model than the run's. */
async function modelOf(
  { header }: Manifest,
  { model: source = header.model.source, signal }: ShardWorkerOptions,
): Promise<Model> {
  const version = packageVersion();
  if (version !== header.version) {
    const message = `the run was planned by refinedet ${header.version}, this is ${version}: one run needs one version`;
    throw new RefineDetError('FLEET_MISMATCH', message);
  }
  const bytes = await modelBytes(source, signal);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === header.model.sha256) return readNamed(bytes, source);
  const message = `the model ${source} is not the one of the run: its SHA-256 is ${sha256}, not ${header.model.sha256}`;
  throw new RefineDetError('FLEET_MISMATCH', message);
}
