/** The distance to a teacher's heads in plain TypeScript, float64; see assembly/teacher-loss.ts. */
import type { LossOptions } from '../../src/training/loss/loss-options.ts';
import { decode, encode, type HeadValues, move, softmax, type Targets } from './reference-loss.ts';

const NEGLIGIBLE = 0.01;

/** What does not change with the heads, for finite differences. */
interface Aim {
  module: 'arm' | 'odm';
  row: number;
  weight: number;
  probabilities: number[];
  /** Targets of the offsets and their weight, where the teacher sees an object. */
  offsets?: number[];
  sure: number;
}

export function decideTeacherAims(
  heads: HeadValues,
  teacher: HeadValues,
  anchors: Float32Array,
  { refineAnchors }: LossOptions,
): Aim[] {
  const rows = heads.armConf.length / 2;
  const aims: Aim[] = [];
  for (const module of ['arm', 'odm'] as const) {
    const classes = heads[`${module}Conf`].length / rows;
    for (let row = 0; row < rows; row++) {
      const probabilities = softmax(teacher[`${module}Conf`], row, classes);
      const sure = 1 - probabilities[0];
      const weight = Math.max(sure, 1 - softmax(heads[`${module}Conf`], row, classes)[0]);
      if (weight < NEGLIGIBLE) continue;
      const aim: Aim = { module, row, weight, probabilities, sure };
      if (sure >= NEGLIGIBLE) {
        const n = row % (anchors.length / 4);
        const plain = [
          ...decode(Float64Array.from(anchors.subarray(4 * n, 4 * n + 4)), undefined, 0),
        ];
        const refine = module === 'odm' && refineAnchors;
        const from = refine ? move(plain, heads.armLoc, row) : plain;
        const before = refine ? move(plain, teacher.armLoc, row) : plain;
        aim.offsets = encode(move(before, teacher[`${module}Loc`], row), 0, from, 0);
      }
      aims.push(aim);
    }
  }
  return aims;
}

export function referenceTeacherLoss(
  heads: HeadValues,
  aims: readonly Aim[],
  targets: Targets,
  { weights }: LossOptions,
): number {
  const rows = heads.armConf.length / 2;
  let total = 0;
  for (const { module, row, weight, probabilities, offsets, sure } of aims) {
    const own = softmax(heads[`${module}Conf`], row, heads[`${module}Conf`].length / rows);
    const scale = weights.teacher / Math.max(targets[module].positives.length, 1);
    const divergence = probabilities.reduce((sum, p, c) => sum + p * Math.log(p / own[c]), 0);
    total += scale * weight * divergence;
    offsets?.forEach((target, i) => {
      const error = Math.abs(heads[`${module}Loc`][4 * row + i] - target);
      total += scale * sure * (error < 1 ? 0.5 * error * error : error - 0.5);
    });
  }
  return total;
}
