/** Detects for requests: admission, settings, rounding, counts. */
import { resolveDetectOptions } from '../detection/detect-options.ts';
import { RefineDetError } from '../errors.ts';
import type { WritableFormat } from '../image/node/encode.ts';
import { roundedDetection } from '../rounding.ts';
import type { ImageFinding } from '../runner/detect-image.ts';
import type { Runner } from '../runner/runner.ts';
import { Admission } from './admission.ts';
import type { Call } from './call.ts';
import type { RequestLimits } from './image-requests.ts';
import { Metrics } from './metrics.ts';
import type { ResolvedOptions } from './options.ts';
import { problemOf } from './problems.ts';
import type { Settings } from './schemas.ts';
import { optionsOf } from './settings.ts';

/** Bodies in memory, in multiples of the largest body. */
const BODIES = 16;

/** Failures of one image of a batch that are not failures of the whole request. */
const OWN_FAILURES = /^IMAGE_/;

export class DetectionService {
  readonly runner: Runner;
  readonly options: ResolvedOptions;
  readonly admission: Admission;
  readonly metrics: Metrics;

  constructor(runner: Runner, options: ResolvedOptions) {
    const { detector } = runner;
    this.runner = runner;
    this.options = options;
    this.admission = new Admission({
      concurrency: detector.concurrency,
      queue: options.queue,
      bytes: options.maxBody * BODIES,
    });
    this.metrics = new Metrics(
      () => this.admission.images,
      () => detector.heapBytes,
    );
  }

  limits(call: Call, maxImages: number): RequestLimits {
    const { maxBody, fetchImage } = this.options;
    return { maxBody, fetchImage, maxImages, admission: this.admission, signal: call.signal };
  }

  /** @throws IMAGE_*, INVALID_OPTION, UNKNOWN_CLASS, OVERLOADED, TIMEOUT, ABORTED, WORKER_CRASHED */
  async detect(
    call: Call,
    bytes: Uint8Array,
    settings: Settings,
    annotate?: WritableFormat,
  ): Promise<ImageFinding> {
    const run = this.#prepare(call, settings, annotate);
    return this.admission.run(1, () => run(bytes, 'the image'));
  }

  /** Detects in all images; a damaged image has its problem in its place. */
  async detectBatch(call: Call, images: readonly Uint8Array[], settings: Settings) {
    const run = this.#prepare(call, settings);
    const one = async (bytes: Uint8Array, i: number) => {
      try {
        return await run(bytes, `image ${i + 1}`);
      } catch (error) {
        if (!(error instanceof RefineDetError && OWN_FAILURES.test(error.code))) throw error;
        return { error: problemOf(error, call.id) };
      }
    };
    return this.admission.run(images.length, () => Promise.all(images.map(one)));
  }

  #prepare(call: Call, settings: Settings, annotate?: WritableFormat) {
    const options = { ...optionsOf(settings), maxPixels: this.options.maxPixels };
    resolveDetectOptions(options, this.runner.detector.config); // wrong options fail at once
    return async (bytes: Uint8Array, file: string): Promise<ImageFinding> => {
      const job = { file, bytes, options, annotate };
      const { detections, ...finding } = await this.runner.run(job, call.signal);
      call.images++;
      call.detections += detections.length;
      this.metrics.image(detections.map(({ label }) => label));
      return { ...finding, detections: detections.map(roundedDetection) };
    };
  }
}
