/** `refinedet detect`: images in, results out; one bad image among many does not stop the rest. */
import { resolveDetectOptions } from '../../detection/detect-options.ts';
import { RefineDetError, throwIfAborted } from '../../errors.ts';
import { EXIT_FAILURE, reportError } from '../describe-error.ts';
import { expandInputs, type Image, type Input, readImage } from '../inputs.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { writeWhole } from '../output-files.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { inOrder } from '../runner/in-order.ts';
import { type ImageFinding, type Runner, type RunnerSetup, startRunner } from '../runner/runner.ts';
import { outputClosed, warn } from '../terminal.ts';
import { type DetectFlags, detectOptions, reclaimInputs } from './detect-flags.ts';
import { type Outputs, planOutputs } from './detect-outputs.ts';

/** @throws USAGE, NO_DEFAULT_MODEL, MODEL_*, INVALID_OPTION, UNKNOWN_CLASS, FILE_WRITE, ABORTED */
export async function runDetect(givenWords: string[], givenFlags: DetectFlags): Promise<void> {
  const signal = interruptSignal();
  const [words, flags] = await reclaimInputs(givenWords, givenFlags);
  if (words.length === 0) throw new RefineDetError('USAGE', noInputs(flags));
  const detect = await detectOptions(flags);
  const model = await loadNamedModel(flags.model, signal);
  const { classes } = model.config;
  resolveDetectOptions(detect, model.config); // bad options fail before any work

  const inputs = await expandInputs(words, flags.recursive);
  const images = inputs.filter((input) => 'file' in input);
  const outputs = await planOutputs(images, flags, classes);
  const workers = Math.min(flags.workers ?? 1, images.length);
  const threads = flags.threads ?? (workers > 1 ? 1 : 'auto');
  const setup: RunnerSetup = { model, threads, inputSize: flags.inputSize, detect };
  try {
    const runner = await startRunner(setup, workers, warn);
    await new Run(runner, outputs, flags, signal).over(inputs);
  } catch (error) {
    await outputs.sink.discard();
    throw error;
  }
}

function noInputs({ save }: DetectFlags): string {
  const hint = typeof save === 'string' ? ` ("${save}" was taken for the folder of --save)` : '';
  return `no images given${hint}; see refinedet detect --help`;
}

class Run {
  readonly #runner: Runner;
  readonly #outputs: Outputs;
  readonly #flags: DetectFlags;
  readonly #signal: AbortSignal;
  #done = 0;
  #objects = 0;
  #failures = 0;

  constructor(runner: Runner, outputs: Outputs, flags: DetectFlags, signal: AbortSignal) {
    this.#runner = runner;
    this.#outputs = outputs;
    this.#flags = flags;
    this.#signal = signal;
  }

  async over(inputs: readonly Input[]): Promise<void> {
    const progress = new Progress(inputs.length, this.#flags);
    const close = () => this.#runner.close();
    this.#signal.addEventListener('abort', close);
    try {
      // One image more than there are lanes is read ahead.
      const ahead = this.#runner.lanes + 1;
      const look = (input: Input) => this.#look(input);
      for await (const [input, outcome] of inOrder(inputs, ahead, look)) {
        if ('error' in outcome && this.#signal.aborted) break;
        if ('error' in outcome || this.#prints) progress.clear();
        if ('error' in outcome) this.#fail(outcome.error);
        else await this.#deliver(input as Image, outcome.value);
        progress.advance();
        if (this.#flags.out === undefined && outputClosed()) return;
      }
      await this.#outputs.sink.finish();
    } finally {
      progress.stop();
      await close();
    }
    this.#conclude(inputs.length, progress.rate);
  }

  /** Whether results appear where the progress bar is. */
  get #prints(): boolean {
    return this.#flags.out === undefined && process.stdout.isTTY === true;
  }

  async #look(input: Input): Promise<ImageFinding> {
    throwIfAborted(this.#signal);
    if ('error' in input) throw input.error;
    const bytes = await readImage(input, this.#signal);
    const annotate = this.#outputs.annotated.get(input)?.format;
    return this.#runner.run({ file: input.file, bytes, annotate }, this.#signal);
  }

  async #deliver(image: Image, finding: ImageFinding): Promise<void> {
    const { annotated, ...result } = finding;
    if (annotated) await writeWhole(this.#outputs.annotated.get(image)!.file, annotated);
    await this.#outputs.sink.add(image, { file: image.file, ...result });
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
    const { places } = this.#outputs;
    if (this.#signal.aborted) {
      const done = `interrupted after ${this.#done} of ${counted(total, 'image')}`;
      throw new RefineDetError('ABORTED', [done, ...(this.#done > 0 ? places : [])].join('; '));
    }
    if (this.#flags.quiet || (total === 1 && places.length === 0)) return;
    const parts = [
      counted(this.#done, 'image'),
      counted(this.#objects, 'object'),
      ...(this.#failures > 0 ? [`${this.#failures} failed`] : []),
      `${rate.toFixed(1)} images/s`,
    ];
    process.stderr.write(`refinedet: ${[parts.join(', '), ...places].join('; ')}\n`);
  }
}
