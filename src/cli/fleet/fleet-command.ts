/** `refinedet fleet`: the help of its commands; the work is in the files beside this one. */
import type { Command } from 'commander';
import { registerHelpCommand } from '../help.ts';
import { addCommand } from '../options/add-command.ts';
import {
  FAILED_OPTIONS,
  type FailedFlags,
  FLEET_EVAL_OPTIONS,
  FLEET_TRAIN_OPTIONS,
  type FleetEvalFlags,
  type FleetTrainFlags,
  MERGE_OPTIONS,
  type MergeFlags,
  PLAN_OPTIONS,
  type PlanFlags,
  QUEUE_OPTIONS,
  type QueueFlags,
  RUN_OPTIONS,
  type RunFlags,
  STATUS_OPTIONS,
  type StatusFlags,
  WORK_OPTIONS,
  type WorkFlags,
} from './fleet-options.ts';

const MANIFEST = { '<manifest>': 'path or URI of the manifest that plan has written' };

export function registerFleetCommand(program: Command): void {
  const fleet = program
    .command('fleet')
    .description('detect in collections of any size: shards that resume, on one machine or many')
    .helpCommand(false);
  addPlan(fleet);
  addRun(fleet);
  addWork(fleet);
  addStatus(fleet);
  addFailed(fleet);
  addRetry(fleet);
  addCancel(fleet);
  addMerge(fleet);
  addEval(fleet);
  addTrain(fleet);
  registerHelpCommand(fleet);
}

function addPlan(fleet: Command): void {
  addCommand(fleet, {
    name: 'plan',
    description: 'list the images and the settings of a run in a manifest, and print its place',
    arguments: {
      '<inputs...>':
        'images: files, folders, globs, http(s):// and s3:// URIs, - for a list on the standard input',
    },
    options: PLAN_OPTIONS,
    examples: [
      'fleet plan photos --recursive --out results',
      'fleet plan s3://bucket/photos/ --recursive --out s3://bucket/results --threshold 0.3',
      'fleet plan - --out results --shard-size 1000 < uris.txt',
    ],
  }).action(async (inputs: string[], flags: PlanFlags) => {
    const { runPlan } = await import('./run-fleet-plan.ts');
    await runPlan(inputs, flags);
  });
}

function addRun(fleet: Command): void {
  addCommand(fleet, {
    name: 'run',
    description: 'work on all shards here, and continue where it stopped; or add them to a queue',
    arguments: MANIFEST,
    options: RUN_OPTIONS,
    examples: [
      'fleet run results/RUN/manifest.jsonl',
      'fleet run s3://bucket/results/RUN/manifest.jsonl --redis redis://queue:6379',
    ],
  }).action(async (manifest: string, flags: RunFlags) => {
    const { runFleet } = await import('./run-fleet-run.ts');
    await runFleet(manifest, flags);
  });
}

function addWork(fleet: Command): void {
  addCommand(fleet, {
    name: 'work',
    description: 'work on the shards of a queue, or on a fixed part of them',
    arguments: MANIFEST,
    options: WORK_OPTIONS,
    examples: [
      'fleet work s3://bucket/results/RUN/manifest.jsonl --redis redis://queue:6379',
      'fleet work results/RUN/manifest.jsonl --shard 0/8',
    ],
  }).action(async (manifest: string, flags: WorkFlags) => {
    const { runWork } = await import('./work.ts');
    await runWork(manifest, flags);
  });
}

function addStatus(fleet: Command): void {
  addCommand(fleet, {
    name: 'status',
    description: 'count the shards that are done, under way and failed',
    arguments: MANIFEST,
    options: STATUS_OPTIONS,
    examples: ['fleet status results/RUN/manifest.jsonl --redis redis://queue:6379'],
  }).action(async (manifest: string, flags: StatusFlags) => {
    const { runStatus } = await import('./status.ts');
    await runStatus(manifest, flags);
  });
}

function addFailed(fleet: Command): void {
  addCommand(fleet, {
    name: 'failed',
    description: 'print the shards and the images that failed, as JSON lines',
    arguments: MANIFEST,
    options: FAILED_OPTIONS,
    examples: ['fleet failed results/RUN/manifest.jsonl'],
  }).action(async (manifest: string, flags: FailedFlags) => {
    const { runFailed } = await import('./failed.ts');
    await runFailed(manifest, flags);
  });
}

function addRetry(fleet: Command): void {
  addCommand(fleet, {
    name: 'retry',
    description: 'let the failed shards of a queue wait again',
    arguments: MANIFEST,
    options: QUEUE_OPTIONS,
    examples: ['fleet retry results/RUN/manifest.jsonl --redis redis://queue:6379'],
  }).action(async (manifest: string, flags: QueueFlags) => {
    const { runRetry } = await import('./run-fleet-retry.ts');
    await runRetry(manifest, flags);
  });
}

function addCancel(fleet: Command): void {
  addCommand(fleet, {
    name: 'cancel',
    description: 'empty the queue of a run and end its workers; complete shards stay',
    arguments: MANIFEST,
    options: QUEUE_OPTIONS,
    examples: ['fleet cancel results/RUN/manifest.jsonl --redis redis://queue:6379'],
  }).action(async (manifest: string, flags: QueueFlags) => {
    const { runCancel } = await import('./cancel.ts');
    await runCancel(manifest, flags);
  });
}

function addMerge(fleet: Command): void {
  addCommand(fleet, {
    name: 'merge',
    description: 'verify all shards and write one file, in the order of the manifest',
    arguments: MANIFEST,
    options: MERGE_OPTIONS,
    examples: [
      'fleet merge results/RUN/manifest.jsonl > found.jsonl',
      'fleet merge results/RUN/manifest.jsonl --format coco --out found.json',
    ],
  }).action(async (manifest: string, flags: MergeFlags) => {
    const { runMerge } = await import('./run-fleet-merge.ts');
    await runMerge(manifest, flags);
  });
}

function addEval(fleet: Command): void {
  addCommand(fleet, {
    name: 'eval',
    description: 'verify all shards and score them on a dataset',
    arguments: MANIFEST,
    options: FLEET_EVAL_OPTIONS,
    examples: ['fleet eval results/RUN/manifest.jsonl --data VOC2007:test'],
  }).action(async (manifest: string, flags: FleetEvalFlags) => {
    const { runFleetEval } = await import('./eval.ts');
    await runFleetEval(manifest, flags);
  });
}

function addTrain(fleet: Command): void {
  addCommand(fleet, {
    name: 'train',
    description: 'train many variants of one configuration, score them and print a table',
    arguments: { '<sweep>': 'JSON file with the variants' },
    options: FLEET_TRAIN_OPTIONS,
    examples: [
      'fleet train sweep.json',
      'fleet train sweep.json --redis redis://queue:6379   # on several machines',
    ],
  }).action(async (sweep: string, flags: FleetTrainFlags) => {
    const { runFleetTrain } = await import('./run-fleet-train.ts');
    await runFleetTrain(sweep, flags);
  });
}
