/** The second step: one button, curves, remaining time, and a model at the end. */
import { dataWarnings } from '../../../../src/training/plan/hold-out.ts';
import type { StepRecord } from '../../../../src/training/run/step-record.ts';
import { byId, element, setText } from '../../dom.ts';
import type { Session } from '../store/session.ts';
import type { AboutModel } from '../use/model-shelf.ts';
import { type StoredRun, TrainingController } from './controller.ts';
import { drawCurve, smoothed } from './curves.ts';
import { SamplesView } from './samples-view.ts';
import type { RunData, TrainAnswer } from './task.ts';

/** Steps over which the speed is averaged. */
const RECENT = 20;

interface TrainParts {
  session: Session;
  /** Training begins: other work should wait. */
  started(): void;
  /** There is a model to use. */
  trained(model: Blob, about: AboutModel): void;
}

type Phase = 'idle' | 'measuring' | 'training' | 'pausing' | 'stopping' | 'paused';

export class TrainPanel {
  readonly #parts: TrainParts;
  readonly #controller: TrainingController;
  readonly #samples: SamplesView;
  readonly #minutes = byId<HTMLInputElement>('minutes');
  #phase: Phase = 'idle';
  #run: RunData | undefined;
  #stored: StoredRun | undefined;
  #records: StepRecord[] = [];
  #evaluations: (readonly [step: number, score: number])[] = [];
  #times: number[] = [];
  #steps = 0;
  #hasBoxes = false;

  constructor(parts: TrainParts) {
    this.#parts = parts;
    this.#controller = new TrainingController(parts.session, (answer) => this.#hear(answer));
    this.#samples = new SamplesView(byId('samples'), parts.session);
    byId('train').addEventListener('click', () => void this.#guard(() => this.#train()));
    byId('pause').addEventListener('click', () => void this.#guard(() => this.#pauseOrResume()));
    byId('stop').addEventListener('click', () => void this.#guard(() => this.#stop()));
    this.#minutes.addEventListener('input', () => this.#describeTime());
    this.#describeTime();
    this.#draw();
  }

  /** Finds what an earlier visit has left: a model, or a run to continue. */
  async restore(): Promise<void> {
    this.#stored = await this.#controller.stored();
    if (!this.#stored) return;
    const { data, records } = this.#stored;
    this.#run = data;
    this.#steps = data.steps;
    this.#records = records;
    this.#evaluations = records.flatMap(({ step, evaluation }) =>
      evaluation ? [[step, evaluation.score ?? 0] as const] : [],
    );
    const isComplete = await this.#controller.isComplete();
    this.#enter(isComplete ? 'idle' : 'paused');
    if (!isComplete)
      this.#say(`A run waits at step ${records.at(-1)?.step ?? 0} of ${data.steps}.`);
    this.#draw();
    await this.#publish();
  }

  /** Shows what there is to train on. */
  refresh(): void {
    const { images } = this.#parts.session;
    const used = images.filter(({ state }) => state !== 'new').length;
    const boxes = images.reduce((sum, entry) => sum + (entry.boxes ?? 0), 0);
    const parts = [
      counted(used, 'labeled image', 'labeled images'),
      counted(boxes, 'box', 'boxes'),
      counted(this.#parts.session.classes.length, 'class', 'classes'),
    ];
    setText(byId('readiness'), parts.join(', '));
    this.#hasBoxes = boxes > 0;
    this.#enter(this.#phase);
  }

  async #train(): Promise<void> {
    this.#parts.started();
    this.#enter('measuring');
    this.#say('Reading the labels …');
    byId('train-notes').replaceChildren();
    const { data, files } = await this.#controller.collect();
    const dataset = { classes: data.classes, images: data.images };
    for (const sentence of dataWarnings(dataset as never)) this.#note(sentence);
    this.#say('Measuring this device …');
    const speed = await this.#controller.measure(data, files);
    const plan = this.#controller.plan(data, this.#minutes.valueAsNumber, speed);
    setText(
      byId('plan'),
      `About ${inWords(plan.seconds)} on this device: ${plan.steps} steps of 8 images at ${plan.inputSize} pixels.`,
    );
    this.#run = data;
    this.#steps = plan.steps;
    this.#records = [];
    this.#evaluations = [];
    this.#samples.clear();
    await this.#controller.start(data, files, plan);
    this.#enter('training');
    this.#say('Starting …');
    this.#draw();
  }

  async #pauseOrResume(): Promise<void> {
    if (this.#phase === 'training') {
      this.#enter('pausing');
      this.#say('Pausing after this step …');
      this.#controller.pause();
      return;
    }
    this.#stored = await this.#controller.stored();
    if (!this.#stored) throw new Error('no run is stored that could continue');
    this.#parts.started();
    await this.#controller.resume(this.#stored);
    this.#times = [];
    this.#enter('training');
    this.#say('Continuing …');
  }

  async #stop(): Promise<void> {
    if (this.#phase === 'training') {
      this.#enter('stopping');
      this.#say('Stopping after this step …');
      this.#controller.pause();
    } else await this.#finish('Stopped.');
  }

  #hear(answer: TrainAnswer): void {
    if (answer.kind === 'note') this.#note(answer.sentence);
    else if (answer.kind === 'started') {
      this.#steps = answer.steps;
      const workers = answer.workers === 1 ? 'one worker' : `${answer.workers} workers`;
      this.#note(`${workers}; ${answer.held.length} images are held out`);
    } else if (answer.kind === 'step') this.#record(answer.record);
    else if (answer.kind === 'samples') void this.#samples.show(answer.samples, this.#run!.classes);
    else if (answer.kind === 'evaluating')
      this.#say(`Comparing: ${answer.done} of ${answer.total} images held out`);
    else if (answer.kind === 'failed') this.#fail(answer.message);
    else if (answer.kind === 'ended') void this.#guard(() => this.#ended(answer.isPaused));
  }

  async #ended(isPaused: boolean): Promise<void> {
    if (isPaused && this.#phase === 'pausing') {
      this.#enter('paused');
      this.#say(`Paused at step ${this.#records.at(-1)?.step ?? 0} of ${this.#steps}.`);
      if (this.#evaluations.length > 0) await this.#publish();
      return;
    }
    const isEarly = !isPaused && (this.#records.at(-1)?.step ?? 0) < this.#steps;
    await this.#finish(
      isEarly ? 'Ended early: it did not get better.' : isPaused ? 'Stopped.' : 'Trained.',
    );
  }

  async #finish(word: string): Promise<void> {
    this.#enter('idle');
    if (!(await this.#publish())) throw new Error('the run has no model yet');
    const { score } = this;
    const best = score === undefined ? '' : ` Best average precision: ${percent(score)}.`;
    this.#say(`${word}${best} Try it under Use.`);
  }

  /** Best average precision of the run; undefined without an evaluation. */
  get score(): number | undefined {
    if (this.#evaluations.length === 0) return undefined;
    return Math.max(...this.#evaluations.map(([, score]) => score));
  }

  /** Hands over the best model of the run. @returns whether there is one */
  async #publish(): Promise<boolean> {
    const model = await this.#controller.model();
    if (!model || !this.#run) return false;
    const { id, classes, images } = this.#run;
    this.#parts.trained(model, { id, score: this.score, classes, images: images.length });
    return true;
  }

  #record(record: StepRecord): void {
    this.#records = [...this.#records.filter(({ step }) => step < record.step), record];
    this.#times = [...this.#times, performance.now()].slice(-RECENT);
    const { evaluation } = record;
    if (evaluation) this.#evaluations.push([record.step, evaluation.score ?? 0]);
    const [first] = this.#times;
    const perStep = (performance.now() - first) / Math.max(1, this.#times.length - 1) / 1000;
    const left = (this.#steps - record.step) * perStep;
    if (this.#phase === 'training') {
      const remaining = this.#times.length > 2 ? `, about ${inWords(left)} left` : '';
      this.#say(`Step ${record.step} of ${this.#steps}${remaining}`);
    }
    this.#draw();
  }

  #draw(): void {
    const steps = this.#records.map(({ step }) => step);
    const losses = smoothed(this.#records.map(({ losses }) => losses.total));
    const end = Math.max(1, this.#steps);
    drawCurve(byId<SVGSVGElement>('loss-chart'), {
      points: steps.map((step, i) => [step, losses[i]]),
      end,
      format: (value) => value.toPrecision(2),
    });
    drawCurve(byId<SVGSVGElement>('score-chart'), {
      points: this.#evaluations,
      most: 1,
      end,
      format: percent,
    });
    const share = Math.round((100 * (steps.at(-1) ?? 0)) / end);
    byId('train-progress').ariaValueNow = String(share);
    byId('train-progress').style.setProperty('--share', String(share / 100));
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    const isBusy = phase === 'measuring' || phase === 'pausing' || phase === 'stopping';
    const mayStart = this.#hasBoxes && (phase === 'idle' || phase === 'paused');
    byId<HTMLButtonElement>('train').disabled = !mayStart;
    byId<HTMLButtonElement>('pause').disabled = isBusy || phase === 'idle';
    byId<HTMLButtonElement>('stop').disabled = isBusy || phase === 'idle';
    setText(byId('pause'), phase === 'paused' ? 'Resume' : 'Pause');
    this.#minutes.disabled = isBusy || phase === 'training';
    byId('panel-train').dataset['phase'] = phase;
  }

  #describeTime(): void {
    setText(byId('minutes-value'), `about ${inWords(60 * this.#minutes.valueAsNumber)}`);
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  async #fail(message: string): Promise<void> {
    this.#say(message);
    // What was stored before can be continued.
    const hasRun = (await this.#controller.stored()) && !(await this.#controller.isComplete());
    this.#enter(hasRun ? 'paused' : 'idle');
  }

  #say(text: string): void {
    setText(byId('train-state'), text);
  }

  #note(sentence: string): void {
    byId('train-notes').append(element('li', {}, sentence));
  }
}

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}
