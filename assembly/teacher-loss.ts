/**
 * Distance of the heads to those of a teacher on the same anchors, and its gradient (arXiv 1503.02531;
 * for detectors: 1711.11122). Nearly all anchors are background for both networks: an anchor counts
 * as much as the surer of the two networks believes in an object there.
 */
import { decodeBox } from './boxes';
import { Lanes } from './lanes';
import { encodeBox, smoothL1 } from './location-loss';
import { Logarithm } from './logarithm';
import { Batch, Module, strideOf } from './loss-parameters';
import { cornersOf } from './matching';
import { softmaxRows } from './softmax';

/** Probability of an object below which an anchor is left out. */
const NEGLIGIBLE: f32 = 0.01;

/** Adds to the loss and to the gradients, after the losses of the truth. */
export function teacherLoss(b: Batch, module: Module, image: i32, isOdm: bool): void {
  if (!module.teacherConf) return;
  const columns = module.classes;
  const rowBytes = (<usize>columns) << 2;
  const own = b.scratch;
  const aim = own + strideOf(columns);
  // Equal probabilities behind the last class have no effect.
  for (let c = columns; c < ((columns + 3) & ~3); c++) {
    store<f32>(own + ((<usize>c) << 2), 1);
    store<f32>(aim + ((<usize>c) << 2), 1);
  }
  for (let n = 0; n < b.count; n++) {
    const row = <usize>(image * b.count + n);
    softmaxRows(module.conf + row * rowBytes, own, 1, columns);
    softmaxRows(module.teacherConf + row * rowBytes, aim, 1, columns);
    const sure: f32 = 1 - load<f32>(aim);
    const weight = max<f32>(sure, 1 - load<f32>(own));
    if (!(weight >= NEGLIGIBLE)) continue;
    module.teacherLoss += weight * divergence(aim, own, columns);
    if (module.confGradient) {
      addDifference(
        module.confGradient + row * rowBytes,
        own,
        aim,
        columns,
        weight * module.teacherScale,
      );
    }
    if (sure >= NEGLIGIBLE) boxLoss(b, module, row, isOdm, sure);
  }
}

/** Σ aim · ln(aim / own), the Kullback-Leibler divergence. */
function divergence(aim: usize, own: usize, columns: i32): f32 {
  const least = f32x4.splat(1e-12);
  let sum = f32x4.splat(0);
  for (const end = own + strideOf(columns); own < end; own += 16, aim += 16) {
    const wanted = f32x4.max(v128.load(aim), least);
    const ratio = f32x4.div(wanted, f32x4.max(v128.load(own), least));
    sum = f32x4.add(sum, f32x4.mul(wanted, Logarithm.of(ratio)));
  }
  return Lanes.sum(sum);
}

function addDifference(gradient: usize, own: usize, aim: usize, columns: i32, scale: f32): void {
  for (let at: usize = 0; at < (<usize>columns) << 2; at += 4) {
    const difference = load<f32>(own + at) - load<f32>(aim + at);
    store<f32>(gradient + at, load<f32>(gradient + at) + difference * scale);
  }
}

/** Smooth L1 between the offsets and those that would give the teacher's box. */
function boxLoss(b: Batch, module: Module, row: usize, isOdm: bool, weight: f32): void {
  const at = row << 4;
  const anchor = b.anchors + ((row % <usize>b.count) << 4);
  const refine = isOdm && b.refineAnchors != 0;
  const from = refine ? decodeBox(anchor, 0, b.arm.loc + at, 0) : cornersOf(anchor);
  const target = decodeBox(anchor, b.arm.teacherLoc + at, module.teacherLoc + at, refine ? 1 : 0);
  const error = f32x4.sub(v128.load(module.loc + at), encodeBox(target, from));
  module.teacherLoss += weight * Lanes.sum(smoothL1(error));
  if (!module.locGradient) return;
  const slope = f32x4.min(f32x4.max(error, f32x4.splat(-1)), f32x4.splat(1));
  const gradient = module.locGradient + at;
  const step = f32x4.mul(slope, f32x4.splat(weight * module.teacherScale));
  v128.store(gradient, f32x4.add(v128.load(gradient), step));
}
