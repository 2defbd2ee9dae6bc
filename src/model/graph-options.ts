/** Variants of the presets' graphs. Plain data: stored in the model file. */
import { checkGiven, checkObject, FLAG, oneOf, type Rule } from '../option-checks.ts';
import type { ResNetVersion } from './backbones/resnet101.ts';

export interface GraphOptions {
  /** Where ResNet bottlenecks stride; default `v1`, as the released models. */
  resnetVersion?: ResNetVersion;
  /**
   * Transfer connection blocks between the two modules; false is the paper's ablation without them,
   * whose ODM heads read what the ARM heads read. Default true.
   */
  tcb?: boolean;
  /** Channels of the TCB and the heads of light presets, a multiple of 8; default 128. */
  slimWidth?: number;
}

const MAX_WIDTH = 1024;

const RULES: Record<keyof GraphOptions, Rule> = {
  resnetVersion: oneOf(['v1', 'v1.5']),
  tcb: FLAG,
  slimWidth: [
    (v) => typeof v === 'number' && v > 0 && v <= MAX_WIDTH && v % 8 === 0,
    `a multiple of 8 up to ${MAX_WIDTH}`,
  ],
};

export const GRAPH_OPTION_NAMES = Object.keys(RULES) as (keyof GraphOptions)[];

/** @throws INVALID_OPTION naming the option and the value */
export function checkGraphOptions(options: unknown): GraphOptions {
  const given = checkObject('graphOptions', options);
  checkGiven('graphOptions.', given, RULES);
  return given;
}
