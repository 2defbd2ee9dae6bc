/** Runs training in its worker: measures, starts, pauses, resumes, and knows what is stored. */
import { OpfsFolder } from '../../../../src/training/browser/opfs-folder.ts';
import { holdOut } from '../../../../src/training/plan/hold-out.ts';
import {
  type DeviceSpeed,
  planTraining,
  type TrainingPlan,
} from '../../../../src/training/plan/training-plan.ts';
import { checkpointModel } from '../../../../src/training/run/checkpoint-model.ts';
import { RUN_FILES } from '../../../../src/training/run/run-store.ts';
import type { StepRecord } from '../../../../src/training/run/step-record.ts';
import type { Session } from '../store/session.ts';
import { collectRun, filesOf, runFolder } from './run-data.ts';
import { DATA_FILE, type RunData, type TrainAnswer, type TrainRequest } from './task.ts';

/** Lost at most by a crash, besides the evaluation in progress. */
const CHECKPOINT_MINUTES = 0.5;

/** A run that a reload or a crash has interrupted. */
export interface StoredRun {
  data: RunData;
  records: StepRecord[];
}

export class TrainingController {
  readonly #session: Session;
  readonly #listener: (answer: TrainAnswer) => void;
  #worker: Worker | undefined;
  /** Lets other tabs train. */
  #unlock: (() => void) | undefined;

  constructor(session: Session, listener: (answer: TrainAnswer) => void) {
    this.#session = session;
    this.#listener = listener;
  }

  /** The project is known only when it is open. */
  get #folder(): OpfsFolder {
    return new OpfsFolder(runFolder(this.#session));
  }

  /** Data of a new run. */
  collect(): Promise<{ data: RunData; files: Blob[] }> {
    return collectRun(this.#session);
  }

  /** Measures how fast this device trains; takes some seconds. */
  async measure(data: RunData, files: Blob[]): Promise<DeviceSpeed> {
    const speed = await new Promise<DeviceSpeed>((resolve, reject) => {
      this.#start({ kind: 'measure', data, files }, (answer) => {
        if (answer.kind === 'measured') resolve(answer.speed);
        else if (answer.kind === 'failed') reject(new Error(answer.message));
      });
    });
    this.#end();
    return speed;
  }

  plan(data: RunData, minutes: number, speed: DeviceSpeed): TrainingPlan {
    const images = data.images.map((image) => {
      return {
        ...image,
        id: image.name,
        fileName: image.name,
        path: image.name,
        annotationPath: '',
      };
    });
    const about = {
      name: 'labels',
      root: '',
      format: 'coco',
      split: 'train',
      warnings: [],
    } as const;
    const dataset = { ...about, classes: data.classes, images, warnings: [] };
    return planTraining(holdOut(dataset), minutes, speed);
  }

  /** Starts a new run; the one before is removed. */
  async start(data: RunData, files: Blob[], plan: TrainingPlan): Promise<void> {
    await this.#lock();
    const options = { ...plan.options, checkpointMinutes: CHECKPOINT_MINUTES };
    const whole = { ...data, options, steps: plan.steps };
    try {
      await this.#folder.clear();
      await this.#folder.write(DATA_FILE, JSON.stringify(whole));
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#start({ kind: 'train', data: whole, files, resume: false });
  }

  /** Continues the stored run. */
  async resume({ data }: StoredRun): Promise<void> {
    const files = await filesOf(this.#session, data);
    await this.#lock();
    this.#start({ kind: 'train', data, files, resume: true });
  }

  /** Ends after the current step; the worker answers `ended` when everything is stored. */
  pause(): void {
    this.#worker?.postMessage({ kind: 'pause' } satisfies TrainRequest);
  }

  /** A run that can be continued; what a browser has damaged cannot. */
  async stored(): Promise<StoredRun | undefined> {
    const [data, checkpoint, metrics] = await Promise.all([
      this.#folder.read(DATA_FILE),
      this.#folder.file(RUN_FILES.checkpoint),
      this.#folder.read(RUN_FILES.metrics),
    ]);
    if (!data || !checkpoint?.size) return undefined;
    const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
    const lines = text(metrics).split('\n').slice(0, -1);
    try {
      return { data: JSON.parse(text(data)), records: lines.map((line) => JSON.parse(line)) };
    } catch {
      return undefined;
    }
  }

  /** Whether the stored run has come to its end. */
  async isComplete(): Promise<boolean> {
    return ((await this.#folder.file(RUN_FILES.model))?.size ?? 0) > 0;
  }

  /** The best model of the stored run, or its latest state before the first evaluation. */
  async model(): Promise<Blob | undefined> {
    for (const name of [RUN_FILES.best, RUN_FILES.model]) {
      const file = await this.#folder.file(name);
      if (file?.size) return new Blob([await file.arrayBuffer()]);
    }
    const checkpoint = await this.#folder.file(RUN_FILES.checkpoint);
    if (!checkpoint?.size) return undefined;
    const bytes = await checkpointModel(this.#folder);
    return new Blob([bytes as Uint8Array<ArrayBuffer>]);
  }

  /** @throws an error while another tab writes the same run */
  async #lock(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const hold = (lock: Lock | null) => {
        if (!lock) throw new Error('another tab of this page is training: wait, or stop it there');
        return new Promise<void>((unlock) => {
          this.#unlock = unlock;
          resolve();
        });
      };
      const name = runFolder(this.#session);
      navigator.locks.request(name, { ifAvailable: true }, hold).catch(reject);
    });
  }

  #start(request: TrainRequest, listener = this.#listener): void {
    const worker = new Worker(new URL('./trainer-worker.ts', import.meta.url), { type: 'module' });
    this.#worker = worker;
    worker.onmessage = ({ data: answer }: MessageEvent<TrainAnswer>) => {
      if (answer.kind === 'ended' || answer.kind === 'failed') this.#end();
      listener(answer);
    };
    worker.onerror = ({ message }) => {
      this.#end();
      listener({ kind: 'failed', message });
    };
    worker.postMessage(request);
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#unlock?.();
    this.#unlock = undefined;
  }
}
