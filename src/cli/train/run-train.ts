/** `refinedet train`: runs a training, shows how it goes and keeps it in a folder. */
import { webgpu } from '../../backend/webgpu.ts';
import { RefineDetError } from '../../errors.ts';
import { train } from '../../training/index.ts';
import {
  type ReportedRun,
  writeTrainingReport,
} from '../../training/node/report/training-report.ts';
import { RunFolder } from '../../training/node/run-folder.ts';
import { RUN_FILES } from '../../training/run/run-store.ts';
import type { StepRecord } from '../../training/run/step-record.ts';
import type { TrainCallOptions } from '../../training/run/train.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted, printable } from '../printable.ts';
import { print } from '../terminal.ts';
import { type TrainFlags, trainOptions } from './train-flags.ts';
import { TrainProgress } from './train-progress.ts';

/** @throws USAGE and what {@link train} throws */
export async function runTrain(flags: TrainFlags): Promise<void> {
  if (flags.resume) requireNoOthers(flags);
  const store = new RunFolder(flags.out);
  const signal = interruptSignal();
  const progress = new TrainProgress(flags);
  let run: ReportedRun | undefined;
  const call: TrainCallOptions = {
    store,
    signal,
    resume: flags.resume,
    gpu: flags.backend === 'webgpu' ? webgpu : undefined,
    onNote: (sentence) => progress.note(sentence),
    onStart(started) {
      run = started;
      progress.start(run);
    },
    onEvaluation: (evaluation) => progress.evaluating(evaluation),
  };
  let last: StepRecord | undefined;
  let reported: StepRecord | undefined;
  try {
    for await (const record of train(flags.resume ? {} : await trainOptions(flags), call)) {
      progress.show(record);
      last = record;
      if (!record.evaluation) continue;
      await print(evaluationLine(record));
      await writeTrainingReport(store, run!);
      reported = record;
    }
    if (run && reported !== last && !signal.aborted) await writeTrainingReport(store, run);
  } finally {
    progress.stop();
  }
  if (signal.aborted && !isComplete(run, last)) throw interruption(flags, last);
  await print(conclusion(store, last));
}

/** The run's own configuration counts; other flags would be ignored in silence. */
function requireNoOthers({ out, resume, quiet, backend, ...others }: TrainFlags): void {
  const { tcb, armRegression, negativeFiltering, ...rest } = others;
  const given = Object.entries({
    ...rest,
    ...(tcb && armRegression && negativeFiltering ? {} : { ablation: true }),
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new RefineDetError(
    'USAGE',
    `--resume goes on with the configuration of the run: leave out ${given.map(([name]) => name).join(', ')}`,
  );
}

function evaluationLine({ step, epoch, evaluation }: StepRecord): string {
  const { score, images, seconds, best } = evaluation!;
  const shown = score === null ? 'no box to find' : `${(100 * score).toFixed(1)}`;
  const note = best ? ', the best so far' : '';
  return `epoch ${epoch.toFixed(1)}, step ${step}: AP ${shown} on ${counted(images, 'image')} in ${seconds.toFixed(0)} s${note}\n`;
}

/** Whether nothing was left to do when the interruption came. */
function isComplete(run: ReportedRun | undefined, last: StepRecord | undefined): boolean {
  if (!run || last?.step !== run.totalSteps) return false;
  return run.data.validation === undefined || last.evaluation !== undefined;
}

function conclusion(store: RunFolder, last: StepRecord | undefined): string {
  if (!last) return 'the run was finished already\n';
  return printable(`finished: ${store.describe(RUN_FILES.model)}`).concat('\n');
}

function interruption({ out, backend }: TrainFlags, last: StepRecord | undefined): RefineDetError {
  const state = last ? `step ${last.step} is saved` : 'nothing new to save';
  const place = /\s/.test(out) ? JSON.stringify(out) : out;
  const device = backend ? ` --backend ${backend}` : '';
  const command = `refinedet train --out ${place} --resume${device}`;
  return new RefineDetError('ABORTED', `interrupted: ${state}; go on with ${command}`);
}
