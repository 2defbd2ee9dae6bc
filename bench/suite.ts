/** Definition of a suite and of its results. */
import type { PresetName } from '../src/model/presets.ts';
import type { Timing } from './harness.ts';

/** Names of the suites; each is a file of bench/suites. */
export const SUITE_NAMES = [
  'models',
  'network',
  'convolution',
  'resize',
  'postprocess',
  'end-to-end',
  'cold-start',
  'memory',
  'folder',
  'serve',
  'fleet',
  'training',
  'pytorch',
  'video',
  'size',
  'browser',
];

export interface RunOptions {
  /** Number of rounds, in each of which every case has its turn. */
  rounds: number;
  /** Sampling time of a case in one round, in milliseconds. */
  roundMs: number;
  /** Presets for the network suite. */
  presets: readonly PresetName[];
}

/** A result; for a time, `median`, quartiles and `ratio` are over its rounds. */
export interface Measured extends Timing {
  /** Additional information: operations per second, the number of detections. */
  note?: string;
}

/** Alternatives for one job; ratios refer to the first. */
export interface Group {
  title: string;
  unit: 'ms' | 'images/s' | 'MB' | 'KB' | '%';
  cases: Measured[];
}

/** One subject. A file bench/suites/NAME.ts exports it as `suite`. */
export interface Suite {
  title: string;
  /** Explanation: what is compared, under which conditions. */
  about: string;
  /** The reason why the suite cannot run here, if there is one. */
  missing?(): string | undefined;
  run(options: RunOptions): Promise<Group[]>;
}

/** A single value without spread, such as a size. @param first the value that the ratio refers to */
export function single(name: string, value: number, first: number, note?: string): Measured {
  return { name, median: value, low: value, high: value, ratio: value / first, note };
}
