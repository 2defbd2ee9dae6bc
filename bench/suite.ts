/** What a suite is, and what comes out of it. */
import type { PresetName } from '../src/model/presets.ts';
import type { Timing } from './harness.ts';

/** A file of bench/suites each. */
export const SUITE_NAMES = [
  'network',
  'convolution',
  'resize',
  'postprocess',
  'end-to-end',
  'cold-start',
  'memory',
  'folder',
  'training',
  'size',
  'browser',
];

export interface RunOptions {
  /** Repetitions, in each of which every case has its turn. */
  rounds: number;
  /** How long a case is sampled in a round, milliseconds. */
  roundMs: number;
  /** Those that the network suite looks at. */
  presets: readonly PresetName[];
}

/** A result; of a time, `median`, quartiles and `ratio` are those of its rounds. */
export interface Measured extends Timing {
  /** What else is known: operations a second, the number of detections. */
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
  /** How to read it: what is compared under which conditions. */
  about: string;
  run(options: RunOptions): Promise<Group[]>;
}

/** A single value without spread, such as a size. @param first what the ratio refers to */
export function single(name: string, value: number, first: number, note?: string): Measured {
  return { name, median: value, low: value, high: value, ratio: value / first, note };
}
