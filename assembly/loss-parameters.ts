/** Records of the loss kernels in the heap; src/training/loss/loss-memory.ts writes them. */

/** One of the two modules, ARM or ODM. */
@unmanaged
export class Module {
  // Results, sums over the batch, weighted and normalized.
  confLoss: f64;
  locLoss: f64;
  teacherLoss: f64;
  positives: i32;
  negatives: i32;

  /** [B, N, classes] logits, and [B, N, 4] offsets. */
  conf: usize;
  loc: usize;
  /** Gradients in the same shapes, an output; 0 for none. */
  confGradient: usize;
  locGradient: usize;
  /** Columns of the logits: object classes and background. */
  classes: i32;
  /** Thresholds of the matching. */
  positiveOverlap: f32;
  negativeOverlap: f32;
  /** Weights of the loss parts, divided by the number of positives; 0 when there are none. */
  confScale: f32;
  locScale: f32;
  /** Heads of a teacher in the shapes of conf and loc, 0 for none, and the weight like confScale. */
  teacherConf: usize;
  teacherLoc: usize;
  teacherScale: f32;
  /** Output, i32 [B, stride / 4]. */
  matches: usize;
}

/** A batch of images. */
@unmanaged
export class Batch {
  arm: Module;
  odm: Module;
  /** [N, 4] cx, cy, w, h */
  anchors: usize;
  /** N */
  count: i32;
  /** B */
  images: i32;
  /** Ground truth of all images: [G, 4] corners, i32 [G] class from 1 or 0 for ignored boxes. */
  boxes: usize;
  labels: usize;
  /** i32 [B + 1]: index of the first box of each image. */
  starts: usize;
  /** Decode the ODM offsets on the refined anchors. */
  refineAnchors: i32;
  /** Loss of the ODM's boxes, see overlap-loss.ts. */
  boxLoss: i32;
  /** Class targets of the ODM's positives are their overlaps rather than 1. */
  overlapTargets: i32;
  /** log(p / (1 - p)) of the objectness below which an anchor is never an ODM negative. */
  objectnessMargin: f32;
  /** Negatives per positive. */
  negativeRatio: f32;
  /** lossScratchBytes bytes. */
  scratch: usize;
}

/** Bytes of a column with a number for every anchor, rounded up to whole vectors. */
export function strideOf(count: i32): usize {
  return (<usize>((count + 3) & ~3)) << 2;
}

export function firstBox(b: Batch, image: i32): i32 {
  return load<i32>(b.starts + ((<usize>image) << 2));
}

export function logitsOf(module: Module, row: i32): usize {
  return module.conf + <usize>row * ((<usize>module.classes) << 2);
}

export function matchesOf(b: Batch, module: Module, image: i32): usize {
  return module.matches + <usize>image * strideOf(b.count);
}
