/** A detector that works in a worker, so that the page stays responsive. */
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import type { ModelSource } from '../detection/load-model.ts';
import type { LoadOptions } from '../detection/load-options.ts';
import type { BackendName } from '../engine/engine.ts';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import type { ModelConfig } from '../model/model.ts';
import { embeddedWasm } from '../platform/embedded-wasm.ts';
import { isAddress } from '../platform/realm.ts';
import { absoluteUrl } from '../platform/url.ts';
import type { StreamSource } from '../stream/frames.ts';
import { detectStream, type StreamOptions, type StreamResult } from '../stream/stream.ts';
import { type Answer, Channel, type WorkerLike } from './channel.ts';
import { packImage } from './images.ts';
import { type EngineState, type SentLoadOptions, unpackDetections } from './protocol.ts';
import { startWorker } from './start.ts';

/** Options of `RefineDet.load`, and the worker. */
export interface WorkerLoadOptions extends Omit<LoadOptions, 'backend' | 'gpu' | 'wasm'> {
  /**
   * Where the network runs: `wasm`, one of the `gpu` that the worker serves, or `auto`, which times
   * them all and takes the fastest. Default: `auto` when the worker serves a `gpu`, else `wasm`.
   */
  backend?: BackendName | 'auto';
  /** URL of a folder with tfjs' wasm files; default: copies inside of the package. */
  wasm?: string | URL;
  /**
   * Starts a worker of one's own, whose script calls `serve` of refinedet/worker: for GPU backends,
   * and for pages whose content security policy forbids workers from blob: URLs.
   */
  worker?: () => WorkerLike;
}

/** One frame is detected while the next one is copied and sent. */
const LANES = 2;

type LoadedAnswer = Extract<Answer, { type: 'loaded' }>;

/** A detector in a worker, with the interface of `RefineDet` but for `forward` and `summary`. */
export class WorkerDetector {
  /** What the model is: preset, input size, classes, normalization, provenance. */
  readonly config: ModelConfig;
  readonly #reconnect: () => Promise<Connection>;
  readonly #warn: (message: string) => void;
  #connection: Promise<Connection>;
  #state: EngineState;
  #hasRestarted = false;
  #disposed = false;

  private constructor(
    first: Connection,
    reconnect: () => Promise<Connection>,
    warn: (message: string) => void,
  ) {
    this.config = first.loaded.config;
    this.#state = first.loaded.state;
    this.#connection = Promise.resolve(first);
    this.#reconnect = reconnect;
    this.#warn = warn;
  }

  /**
   * Starts a worker and loads a model in it.
   * @throws as RefineDet.load, WORKER_CRASHED
   */
  static async load(
    source?: ModelSource,
    options: WorkerLoadOptions = {},
  ): Promise<WorkerDetector> {
    const { signal, warn = console.warn } = options;
    throwIfAborted(signal);
    let detector: WorkerDetector | undefined;
    const crashed = (error: RefineDetError) => {
      if (detector) detector.#crashed(error);
    };
    const first = await connectWorker(source, options, crashed, signal);
    const reconnect = () => connectWorker(source, options, crashed);
    detector = new WorkerDetector(first, reconnect, warn);
    return detector;
  }

  /** Class names; `Detection.classId` is the index. */
  get classes(): readonly string[] {
    return this.config.classes;
  }

  /** Where the network runs. */
  get backend(): BackendName {
    return this.#state.backend;
  }

  /** Threads in use. */
  get threads(): number {
    return this.#state.threads;
  }

  /** Bytes of the worker's wasm heap, after the last detection; it never shrinks. */
  get heapBytes(): number {
    return this.#state.heapBytes;
  }

  /**
   * Objects in one image, best first.
   * @throws as RefineDet.detect, WORKER_CRASHED; INVALID_ARGUMENT for a tensor
   */
  detect(image: ImageSource, options: DetectOptions = {}): Promise<Detection[]> {
    return this.#detect(image, options, false);
  }

  /** Objects in several images, in their order. The first failure rejects. */
  detectBatch(images: readonly ImageSource[], options: DetectOptions = {}): Promise<Detection[][]> {
    return Promise.all(images.map((image) => this.detect(image, options)));
  }

  /**
   * Detects in every frame of a video, a camera or a series of images, as an async iterator. Video
   * frames and bitmaps are handed over to the worker, not copied.
   * @see detectStream
   */
  stream(
    source: StreamSource,
    options?: StreamOptions,
  ): AsyncGenerator<StreamResult, void, undefined> {
    this.#assertUsable();
    const detectFrame = (frame: ImageSource, settings: DetectOptions) =>
      this.#detect(frame, settings, true);
    return detectStream({ lanes: LANES, detectFrame }, source, options);
  }

  /** Ends the worker; detections under way and later calls fail with DISPOSED. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#connection
      .then(({ channel }) => channel.close(new RefineDetError('DISPOSED', DISPOSED)))
      .catch(() => {});
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  async #detect(
    image: ImageSource,
    { signal, onTimings, ...options }: DetectOptions,
    isOwned: boolean,
  ): Promise<Detection[]> {
    this.#assertUsable();
    throwIfAborted(signal);
    const parcel = await packImage(image, isOwned);
    const { channel } = await this.#connection;
    this.#assertUsable();
    const question = { type: 'detect', image: parcel.image, options } as const;
    const answer = await channel.ask(question, parcel.transfer, signal);
    const { detections, timings, state } = answer as Extract<Answer, { type: 'detected' }>;
    this.#state = state;
    onTimings?.(timings);
    return unpackDetections(detections, this.classes);
  }

  /** The first crash may be chance; a second one is not. */
  #crashed({ message }: RefineDetError): void {
    if (this.#disposed) return;
    if (this.#hasRestarted) {
      this.#warn(`${message}, for the second time: it is not started again`);
      return;
    }
    this.#hasRestarted = true;
    this.#warn(`${message}; it is started again, once`);
    this.#connection = this.#reconnect();
    this.#connection.then(
      ({ loaded }) => {
        this.#state = loaded.state;
      },
      () => {}, // the next detection reports it
    );
  }

  #assertUsable(): void {
    if (this.#disposed) throw new RefineDetError('DISPOSED', DISPOSED);
  }
}

const DISPOSED = 'the detector has been disposed';

interface Connection {
  channel: Channel;
  loaded: LoadedAnswer;
}

async function connectWorker(
  source: ModelSource | undefined,
  options: WorkerLoadOptions,
  crashed: (error: RefineDetError) => void,
  signal?: AbortSignal,
): Promise<Connection> {
  const { worker, warn = console.warn, info = console.info, onProgress } = options;
  const channel = new Channel(
    worker ? worker() : await startWorker(),
    (notice) => {
      if (notice.type === 'progress') onProgress?.(notice.progress);
      else if (notice.type === 'binary') void sendBinary(channel, notice.threaded);
      else ({ warn, info })[notice.type](notice.message);
    },
    crashed,
  );
  const question = {
    type: 'load',
    source: await sentSource(source),
    options: sentOptions(options),
  } as const;
  try {
    return { channel, loaded: (await channel.ask(question, [], signal)) as LoadedAnswer };
  } catch (error) {
    channel.close(error as RefineDetError);
    throw source === undefined ? await explained(error) : error;
  }
}

/** The worker's script may be anywhere, so that only the page knows where its files are. */
async function sentSource(source: ModelSource | undefined): Promise<ModelSource> {
  if (source === undefined) return (await import('../platform/default-model.ts')).defaultModelUrl();
  return isAddress(source) ? absoluteUrl(String(source)) : source;
}

async function explained(error: unknown): Promise<unknown> {
  return (await import('../platform/default-model.ts')).explainDefault(error);
}

async function sendBinary(channel: Channel, threaded: boolean): Promise<void> {
  try {
    const binary = await embeddedWasm(threaded);
    channel.tell({ type: 'binary', binary }, [binary.buffer]);
  } catch (cause) {
    const message = `tfjs' wasm binary cannot be loaded: ${(cause as Error).message}`;
    channel.close(new RefineDetError('FETCH_FAILED', message, { cause }));
  }
}

function sentOptions({
  backend,
  threads,
  inputSize,
  warmUp,
  cache,
  wasm,
}: WorkerLoadOptions): SentLoadOptions {
  const folder = wasm === undefined ? undefined : absoluteUrl(String(wasm));
  return { backend, threads, inputSize, warmUp, cache, wasm: folder };
}
