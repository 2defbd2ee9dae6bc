/** Detects for requests: admission, settings, rounding, counts. */
import { resolveDetectOptions } from '../detection/detect-options.ts';
import { isBlocking } from '../engine/engine.ts';
import { RefineDetError } from '../errors.ts';
import { readImageHeader, uprightSize } from '../image/header.ts';
import type { WritableFormat } from '../image/node/encode.ts';
import { roundedDetection } from '../rounding.ts';
import type { ImageFinding, ImageJob } from '../runner/detect-image.ts';
import type { Runner } from '../runner/runner.ts';
import { Admission } from './admission.ts';
import { Tokens } from './authorize.ts';
import type { RequestLimits } from './image-requests.ts';
import { Metrics } from './metrics.ts';
import type { ResolvedOptions } from './options.ts';
import { problemOf } from './problems.ts';
import type { Call } from './request-call.ts';
import type { Problem, Settings } from './schemas.ts';
import { optionsOf } from './settings.ts';
import { LiveStream, type StreamHost } from './streams/live-stream.ts';

/** Milliseconds without a byte of a body. */
const BODY_IDLE = 5000;
/** Bodies in memory, in multiples of the largest body. */
const BODIES = 16;
/** The same for clients that have not shown their token yet, which DeepStack's clients send in the body. */
const UNKNOWN_BODIES = 2;

/** Failures of one image of a batch that are not failures of the whole request. */
const OWN_FAILURES = /^(IMAGE_|WORKER_CRASHED)/;

/** Milliseconds between signs of life of a stream: proxies close silent connections after a minute. */
const HEARTBEAT = 15_000;
/** Failures that cost a stream one frame: the queue is full, or the worker has died. */
const LOST_FRAME = /^(OVERLOADED|WORKER_CRASHED)$/;

export class DetectionService {
  readonly runner: Runner;
  readonly options: ResolvedOptions;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly streams: ReadonlyMap<string, LiveStream>;
  /** For requests whose token is in the body. */
  readonly #unknown: Admission;

  constructor(runner: Runner, options: ResolvedOptions) {
    const { detector } = runner;
    this.runner = runner;
    this.options = options;
    const limits = { concurrency: detector.concurrency, queue: options.queue };
    this.admission = new Admission({ ...limits, bytes: options.maxBody * BODIES });
    this.#unknown = new Admission({ ...limits, bytes: options.maxBody * UNKNOWN_BODIES });
    this.tokens = new Tokens(options.tokens);
    const streams = Object.entries(options.streams);
    this.streams = new Map(
      streams.map(([name, video]) => [name, new LiveStream(name, video, this.#streamHost())]),
    );
    this.metrics = new Metrics({
      listeners: () => new Map(Array.from(this.streams, ([name, one]) => [name, one.listeners])),
      pending: () => this.admission.passes,
      heapBytes: () => detector.heapBytes,
      ofProcess: options.processMetrics,
    });
  }

  /** Whether any worker can detect. */
  get isAlive(): boolean {
    const { backend, threads } = this.runner.detector;
    return !isBlocking(backend) || threads > 0;
  }

  /** @param isKnown whether the client has shown its token, where one is needed */
  limits({ signal, chunks }: Call, maxImages: number, isKnown = true): RequestLimits {
    const { maxBody, fetchImage, timeout } = this.options;
    const admission = isKnown ? this.admission : this.#unknown;
    const idle = Math.min(BODY_IDLE, timeout);
    return { maxBody, idle, fetchImage, maxImages, admission, signal, chunks };
  }

  /**
   * @throws IMAGE_*, INVALID_OPTION, UNKNOWN_CLASS, REQUEST_TOO_LARGE, OVERLOADED, ABORTED,
   *   WORKER_CRASHED
   */
  async detect(
    call: Call,
    bytes: Uint8Array,
    settings: Settings,
    annotate?: WritableFormat,
  ): Promise<ImageFinding> {
    const prepared = this.#prepare(settings);
    const passes = prepared.passes(bytes, 'the image');
    const job = { file: 'the image', bytes, options: prepared.options, annotate };
    return this.admission.run(passes, () => this.#run(call, job, call.signal));
  }

  /** Detects in all images; a damaged image has its problem in its place. */
  async detectBatch(call: Call, images: readonly Uint8Array[], settings: Settings) {
    const prepared = this.#prepare(settings);
    const others = new AbortController();
    const stop = () => others.abort(call.signal.reason);
    call.signal.addEventListener('abort', stop, { once: true });
    const nameOf = (i: number) => `image ${i + 1}`;
    // A damaged image costs no pass.
    const passes = images.map((bytes, i): number | Error => {
      try {
        return prepared.passes(bytes, nameOf(i));
      } catch (error) {
        return error as Error;
      }
    });
    const one = async (bytes: Uint8Array, i: number) => {
      const file = nameOf(i);
      const needed = passes[i];
      try {
        if (typeof needed !== 'number') throw needed;
        return await this.#run(call, { file, bytes, options: prepared.options }, others.signal);
      } catch (error) {
        const isOwn = error instanceof RefineDetError && OWN_FAILURES.test(error.code);
        if (isOwn) return { error: this.problem(error, call) };
        others.abort();
        throw error;
      }
    };
    const total = passes.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
    try {
      return await this.admission.run(total, async () => {
        const outcomes = await Promise.allSettled(images.map(one));
        return outcomes.map((outcome) => {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value;
        });
      });
    } finally {
      call.signal.removeEventListener('abort', stop);
    }
  }

  /** Problem details for the answer; the metrics count them. */
  problem(error: unknown, call: Call): Problem {
    const problem = problemOf(error, call.id);
    this.metrics.error(problem.code);
    return problem;
  }

  #streamHost(): StreamHost {
    const { log, timeout } = this.options;
    return {
      heartbeat: Math.min(HEARTBEAT, timeout),
      detectFrame: async (frame, options) => {
        try {
          return await this.admission.run(1, () => this.runner.detector.detect(frame, options));
        } catch (error) {
          const isLost = error instanceof RefineDetError && LOST_FRAME.test(error.code);
          if (isLost) return undefined;
          throw error;
        }
      },
      onFrame: (...frame) => this.metrics.frame(...frame),
      onError: (stream, error, event) => {
        this.metrics.error(event.code);
        log?.({ time: new Date().toISOString(), stream, ...event, error: String(error) });
      },
    };
  }

  /** Checks settings, and counts the passes of the network that an image needs with them. */
  #prepare(settings: Settings) {
    const { config } = this.runner.detector;
    const { maxPixels } = this.options;
    const options = { ...optionsOf(settings), maxPixels };
    const { views } = resolveDetectOptions(options, config);
    const input = { width: config.inputWidth, height: config.inputHeight };
    const passes = (bytes: Uint8Array, source: string) =>
      views(uprightSize(readImageHeader(bytes, { source, maxPixels })), input).length;
    return { options, passes };
  }

  async #run(call: Call, job: ImageJob, signal: AbortSignal): Promise<ImageFinding> {
    const { detections, ...finding } = await this.runner.run(job, signal);
    call.images++;
    call.detections += detections.length;
    this.metrics.image(detections.map(({ label }) => label));
    return { ...finding, detections: detections.map(roundedDetection) };
  }
}
