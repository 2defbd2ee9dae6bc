/** `refinedet detect`: images in, results out; one bad image among many does not stop the rest. */

import { inOrder } from '../../concurrency.ts';
import { resolveDetectOptions } from '../../detection/detect-options.ts';
import { RefineDetError, throwIfAborted } from '../../errors.ts';
import type { ImageFinding, ImageJob } from '../../runner/detect-image.ts';
import { type Runner, startRunner, workersFor } from '../../runner/runner.ts';
import { EXIT_FAILURE, reportError } from '../describe-error.ts';
import { expandInputs, type Image, type Input, readImage } from '../inputs.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { writeWhole } from '../output-files.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { outputClosed, warn } from '../terminal.ts';
import { type DetectFlags, detectOptions, reclaimInputs } from './detect-flags.ts';
import { type Outputs, planOutputs } from './detect-outputs.ts';
import { videoWords } from './video-words.ts';

/** @throws USAGE, NO_DEFAULT_MODEL, MODEL_*, INVALID_OPTION, UNKNOWN_CLASS, FILE_WRITE, ABORTED */
export async function runDetect(givenWords: string[], givenFlags: DetectFlags): Promise<void> {
  const signal = interruptSignal();
  const [words, flags] = await reclaimInputs(givenWords, givenFlags);
  if (words.length === 0) throw new RefineDetError('USAGE', noInputs(flags));
  const videos = await videoWords(words, flags);
  if (videos) {
    const { runVideos } = await import('./run-videos.ts');
    return runVideos(videos, flags);
  }
  const options = await detectOptions(flags);
  const model = await loadNamedModel(flags.model, signal);
  const { classes } = model.config;
  resolveDetectOptions(options, model.config); // bad options fail before any work

  const inputs = await expandInputs(words, flags.recursive);
  const images = inputs.filter((input) => 'file' in input);
  const outputs = await planOutputs(images, flags, classes);
  const workers = workersFor(images.length, flags.workers);
  const { threads, compute, inputSize, backend } = flags;
  try {
    // A warm-up would delay the first image by the time of another.
    const setup = { workers, threads, compute, inputSize, backend, warn, signal, warmUp: false };
    const runner = await startRunner(model, setup);
    await new Run({ runner, options, outputs, flags, signal }).over(inputs);
  } catch (error) {
    await outputs.sink.discard();
    throw error;
  }
}

function noInputs({ save }: DetectFlags): string {
  const hint = typeof save === 'string' ? ` ("${save}" was taken for the folder of --save)` : '';
  return `no images or video given${hint}; see refinedet detect --help`;
}

interface Job {
  runner: Runner;
  options: ImageJob['options'];
  outputs: Outputs;
  flags: DetectFlags;
  signal: AbortSignal;
}

const isShortage = (error: unknown): boolean =>
  error instanceof RefineDetError && error.code === 'OUT_OF_MEMORY';

class Run {
  readonly #job: Job;
  #done = 0;
  #objects = 0;
  #failures = 0;

  constructor(job: Job) {
    this.#job = job;
  }

  async over(inputs: readonly Input[]): Promise<void> {
    const progress = new Progress(inputs.length, this.#job.flags);
    try {
      const detect = (input: Input) => this.#detect(input);
      for await (const [input, outcome] of inOrder(
        inputs,
        this.#job.runner.detector.concurrency,
        detect,
      )) {
        if ('error' in outcome && this.#job.signal.aborted) break;
        // The next image would fail in the same way.
        if ('error' in outcome && isShortage(outcome.error)) throw outcome.error;
        if ('error' in outcome || this.#prints) progress.clear();
        if ('error' in outcome) this.#fail(outcome.error);
        else await this.#deliver(input as Image, outcome.value);
        progress.advance();
        if (this.#job.flags.out === undefined && outputClosed()) return;
      }
      await this.#job.outputs.sink.finish();
    } finally {
      progress.stop();
      await this.#job.runner.detector.dispose();
    }
    this.#conclude(inputs.length, progress.rate);
  }

  /** Whether results appear where the progress bar is. */
  get #prints(): boolean {
    return this.#job.flags.out === undefined && process.stdout.isTTY === true;
  }

  async #detect(input: Input): Promise<ImageFinding> {
    throwIfAborted(this.#job.signal);
    if ('error' in input) throw input.error;
    const bytes = await readImage(input, this.#job.signal);
    const annotate = this.#job.outputs.annotated.get(input)?.format;
    const job = { file: input.file, bytes, options: this.#job.options, annotate };
    return this.#job.runner.run(job, this.#job.signal);
  }

  async #deliver(image: Image, finding: ImageFinding): Promise<void> {
    const { annotated, ...result } = finding;
    if (annotated) await writeWhole(this.#job.outputs.annotated.get(image)!.file, annotated);
    await this.#job.outputs.sink.add(image, { file: image.file, ...result });
    this.#done++;
    this.#objects += result.detections.length;
  }

  #fail(error: unknown): void {
    reportError(error);
    process.exitCode = EXIT_FAILURE;
    this.#failures++;
  }

  /** @throws ABORTED after an interruption: what was done by then is written */
  #conclude(total: number, rate: number): void {
    const { places } = this.#job.outputs;
    if (this.#job.signal.aborted) {
      const done = `interrupted after ${this.#done} of ${counted(total, 'image')}`;
      throw new RefineDetError('ABORTED', [done, ...(this.#done > 0 ? places : [])].join('; '));
    }
    if (this.#job.flags.quiet || (total === 1 && places.length === 0)) return;
    const parts = [
      counted(this.#done, 'image'),
      counted(this.#objects, 'object'),
      ...(this.#failures > 0 ? [`${this.#failures} failed`] : []),
      `${rate.toFixed(1)} images/s`,
    ];
    process.stderr.write(`refinedet: ${[parts.join(', '), ...places].join('; ')}\n`);
  }
}
