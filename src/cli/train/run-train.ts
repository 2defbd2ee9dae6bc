/** `refinedet train`: runs a training, shows its progress and keeps it in a folder. */
import path from 'node:path';
import { webgpu } from '../../backend/webgpu.ts';
import { RefineDetError } from '../../errors.ts';
import type { TrainOptions } from '../../training/config/train-config.ts';
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
import { counted, printableLines } from '../printable.ts';
import { shellCommand } from '../shell.ts';
import { print } from '../terminal.ts';
import { trainOptions } from './train-flags.ts';
import type { TrainFlags } from './train-options.ts';
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
    force: flags.force,
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
    for await (const record of train(
      flags.resume ? length(flags) : await trainOptions(flags),
      call,
    )) {
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
  await print(printableLines(conclusion(flags, run, last)));
}

/** Refuses other flags, which the configuration of the run would override without a word. */
function requireNoOthers({
  out,
  resume,
  quiet,
  backend,
  epochs,
  steps,
  patience,
  force,
  ...others
}: TrainFlags): void {
  const { tcb, armRegression, negativeFiltering, ...rest } = others;
  const given = Object.entries({
    ...rest,
    ...(tcb && armRegression && negativeFiltering ? {} : { ablation: true }),
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new RefineDetError(
    'USAGE',
    `--resume continues with the configuration of the run; only --epochs, --steps and --patience change it: leave out ${given.map(([name]) => name).join(', ')}`,
  );
}

const length = ({ epochs, steps, patience }: TrainFlags): TrainOptions => {
  return { epochs, steps, evaluation: { patience } };
};

function evaluationLine({ step, epoch, evaluation }: StepRecord): string {
  const { score, images, seconds, best } = evaluation!;
  const shown = score === null ? 'undefined (no boxes)' : `${(100 * score).toFixed(1)}`;
  const note = best ? ', the best so far' : '';
  return `epoch ${epoch.toFixed(1)}, step ${step}: AP ${shown} on ${counted(images, 'image')} in ${seconds.toFixed(0)} s${note}\n`;
}

/** Whether the run was complete when it was interrupted. */
function isComplete(run: ReportedRun | undefined, last: StepRecord | undefined): boolean {
  if (!run || last?.step !== run.totalSteps) return false;
  return run.data.validation === undefined || last.evaluation !== undefined;
}

/** What the run has made, and the commands that come next. */
function conclusion(
  { out }: TrainFlags,
  run: ReportedRun | undefined,
  last: StepRecord | undefined,
): string[] {
  const more = shellCommand('train', '--out', out, '--resume', '--epochs', 'N');
  if (!last) {
    return [`the run is already finished; extend it with ${more}, or with more --patience`];
  }
  const hasBest = run?.data.validation !== undefined;
  const file = (name: string) => path.join(out, name);
  const model = file(hasBest ? RUN_FILES.best : RUN_FILES.model);
  const isEarly = run !== undefined && last.step < run.totalSteps;
  const early = `stopped:  step ${last.step} of ${run?.totalSteps}, ${run?.config.evaluation.patience} evaluations after the best`;
  return [
    ...(isEarly ? [early] : []),
    `finished: ${model}${hasBest ? ' has the best evaluation' : ''}`,
    `report:   ${file(RUN_FILES.report)}`,
    `detect:   ${shellCommand('detect', 'IMAGES', '--model', model, '--save')}`,
    `extend:   ${more}`,
  ];
}

function interruption({ out, backend }: TrainFlags, last: StepRecord | undefined): RefineDetError {
  const state = last ? `step ${last.step} is saved` : 'there is nothing new to save';
  const device = backend ? ['--backend', backend] : [];
  const command = shellCommand('train', '--out', out, '--resume', ...device);
  return new RefineDetError('ABORTED', `interrupted: ${state}; continue with ${command}`);
}
