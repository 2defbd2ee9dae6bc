/** Options of the commands of `refinedet fleet`. */
import { METRICS } from '../../evaluation/evaluate.ts';
import { DETECT_OPTIONS } from '../detect/detect-command-options.ts';
import { EVAL_OPTIONS } from '../eval/eval-options.ts';
import { JSON_OUTPUT, MODEL, QUIET, THREADS, WORKERS } from '../options/common-rows.ts';
import { type FlagsOf, initially, on, required, text, value } from '../options/option-table.ts';
import { byteSize, choice, count, duration, port, timeLimit } from '../options/parsers.ts';

const REDIS = text('<url>', 'Redis server with the queue, such as redis://host:6379', {
  default: 'none: everything in this process',
});
const NEEDED_REDIS = required(text('<url>', 'Redis server with the queue'));
const TIMEOUT = value('<time>', timeLimit, 'longest time of a request to a store', {
  default: '30s',
});
const GRACE = value('<time>', duration, 'time for shards under way to end when stopped', {
  default: '25s',
});

const WORK_ROWS = {
  model: { ...MODEL, help: 'the model of the run on this machine', default: 'as planned' },
  workers: { ...WORKERS, default: 'auto' },
  threads: THREADS,
  prefetch: value('<size>', byteSize, 'most bytes of images that are read ahead', {
    default: '256mb',
  }),
  grace: GRACE,
  timeout: TIMEOUT,
};

const METRICS_ROWS = {
  metrics: value('<port>', port, 'serve metrics for Prometheus at this port', { default: 'off' }),
  metricsHost: initially('127.0.0.1', text('<address>', 'address for --metrics to listen at')),
};

const { threads: _, workers: __, backend: ___, ...DETECTION } = DETECT_OPTIONS['Detection:'];

export const PLAN_OPTIONS = {
  'Detection:': DETECTION,
  'Run:': {
    out: required(
      text('<dest>', 'folder, http(s):// or s3:// URI for the folder of the run', { short: 'o' }),
    ),
    shardSize: value('<n>', count(1_000_000), 'images of a shard', { default: '500' }),
    recursive: on('also read the folders inside folders', { short: 'r' }),
    timeout: TIMEOUT,
  },
};

export const RUN_OPTIONS = {
  'Work:': WORK_ROWS,
  'Run:': {
    redis: { ...REDIS, help: 'add the shards to the queue of this Redis server, for fleet work' },
    detach: on('with --redis: end when all shards are in the queue'),
    ...METRICS_ROWS,
    quiet: { ...QUIET, help: 'no progress bar and no summary' },
  },
};

export const WORK_OPTIONS = {
  'Work:': WORK_ROWS,
  'Run:': {
    redis: { ...REDIS, help: 'take shards from the queue of this Redis server', default: 'none' },
    shard: text('<i/n>', 'without --redis: the part i of n, from 0; or only n', {
      default: 'from Kubernetes, Slurm or AWS Batch',
      conflicts: 'redis',
    }),
    lock: value('<time>', timeLimit, 'with --redis: time after which a dead worker is replaced', {
      default: '30s',
    }),
    ...METRICS_ROWS,
    quiet: { ...QUIET, help: 'no progress bar and no summary' },
  },
};

export const STATUS_OPTIONS = {
  'Options:': {
    redis: { ...REDIS, default: 'none: count the files' },
    json: JSON_OUTPUT,
    timeout: TIMEOUT,
  },
};

export const FAILED_OPTIONS = {
  'Options:': { redis: { ...REDIS, default: 'none: images only' }, timeout: TIMEOUT },
};

export const QUEUE_OPTIONS = { 'Options:': { redis: NEEDED_REDIS } };

export const MERGE_OPTIONS = {
  'Options:': {
    format: value('<format>', choice(['jsonl', 'coco', 'csv']), 'format of the file', {
      short: 'f',
      default: 'jsonl',
    }),
    out: text('<file>', 'file to write', { short: 'o', default: 'the standard output' }),
    force: on('replace an existing file'),
    timeout: TIMEOUT,
    quiet: QUIET,
  },
};

const METRIC = value(
  '<metric>',
  choice(METRICS),
  'metric; voc07 averages 11 points, voc12 the whole curve',
  { default: 'coco for COCO data, else voc07' },
);

export const FLEET_EVAL_OPTIONS = {
  'Data and metric:': { ...EVAL_OPTIONS['Data and metric:'], metric: METRIC },
  'Output:': EVAL_OPTIONS['Output:'],
};

export const FLEET_TRAIN_OPTIONS = {
  'Options:': {
    redis: { ...REDIS, help: 'share the trainings with all machines that run this command' },
    only: text('<names>', 'train only these variants', { default: 'all' }),
    json: JSON_OUTPUT,
    grace: { ...GRACE, help: 'time for a training to save its state when stopped' },
    lock: value('<time>', timeLimit, 'with --redis: time after which a dead machine is replaced', {
      default: '30s',
    }),
  },
};

export type PlanFlags = FlagsOf<typeof PLAN_OPTIONS>;
export type RunFlags = FlagsOf<typeof RUN_OPTIONS>;
export type WorkFlags = FlagsOf<typeof WORK_OPTIONS>;
export type StatusFlags = FlagsOf<typeof STATUS_OPTIONS>;
export type FailedFlags = FlagsOf<typeof FAILED_OPTIONS>;
export type QueueFlags = FlagsOf<typeof QUEUE_OPTIONS>;
export type MergeFlags = FlagsOf<typeof MERGE_OPTIONS>;
export type FleetEvalFlags = FlagsOf<typeof FLEET_EVAL_OPTIONS>;
export type FleetTrainFlags = FlagsOf<typeof FLEET_TRAIN_OPTIONS>;
