/** Adds up the results of a step's slices. */
import type { SliceResult } from '../data-parallel/replica-protocol.ts';
import type { LossParts, ModuleCounts } from '../loss/detection-loss.ts';

/** `teacher` is 0 without a teacher. */
const PARTS = ['armConf', 'armLoc', 'odmConf', 'odmLoc', 'teacher', 'total'] as const;
type Losses = Pick<LossParts, (typeof PARTS)[number]>;

export function sumCounts(counts: readonly ModuleCounts[]): ModuleCounts {
  return counts.reduce((a, b) => ({ arm: a.arm + b.arm, odm: a.odm + b.odm }));
}

export class StepTotals {
  readonly #batches: number;
  readonly losses: Losses = { armConf: 0, armLoc: 0, odmConf: 0, odmLoc: 0, teacher: 0, total: 0 };
  positives: ModuleCounts = { arm: 0, odm: 0 };
  /** Milliseconds in the network, of the slowest replica of each batch. */
  computeMs = 0;

  /** @param batches number of batches whose losses are averaged */
  constructor(batches: number) {
    this.#batches = batches;
  }

  /** Adds the slices of one batch; their parts are normalized by the whole batch. */
  add(slices: readonly SliceResult[]): void {
    for (const { parts } of slices) {
      for (const part of PARTS) this.losses[part] += parts[part] / this.#batches;
    }
    this.positives = sumCounts([this.positives, ...slices.map(({ parts }) => parts.positives)]);
    this.computeMs += Math.max(...slices.map(({ computeMs }) => computeMs));
  }

  get isFinite(): boolean {
    return Number.isFinite(this.losses.total);
  }

  /** Formats the parts: `armConf 0.52, armLoc NaN …`. */
  toString(): string {
    return PARTS.map((part) => `${part} ${this.losses[part].toPrecision(3)}`).join(', ');
  }
}
