/** Parameters of the post-process; src/kernels/postprocess-parameters.ts writes them. */
@unmanaged
class PostprocessInput {
  // Input
  /** [N, 4] cx, cy, w, h; all levels. */
  anchors: usize;
  /** Array of Level. */
  levels: usize;
  levelCount: i32;
  /** N: anchors of all levels, or candidates to merge. */
  count: i32;
  /** Object classes K, background not counted. */
  classes: i32;
  /** u8 [K], 0 drops a class. */
  classMask: usize;

  // Options; a probability p given as "margin" is log(p / (1 - p)).
  objectnessMargin: f32;
  scoreThreshold: f32;
  scoreMargin: f32;
  nmsThreshold: f32;
  softNmsThreshold: f32;
  /** -1 / sigma */
  softNmsScale: f32;
  votingThreshold: f32;
  refineAnchors: i32;
  agnostic: i32;
  /** 0 off, 1 linear, 2 Gaussian. */
  softNms: i32;
  boxVoting: i32;
  topK: i32;
  keepTopK: i32;

  // Memory: scratch of layOut() bytes, and results with room for `keepTopK` detections
  scratch: usize;
  /** f32 [keepTopK, 4] corners. */
  outBoxes: usize;
  /** f32 [keepTopK] */
  outScores: usize;
  /** u32 [keepTopK] */
  outClassIds: usize;
}

/** Parameters with the working state, which {@link layOut} sets. */
@unmanaged
export class Parameters extends PostprocessInput {
  /** u32 [N]: anchors of a level that pass the objectness filter. */
  survivors: usize;
  /** f32 [N, 4]: corners of the candidates' boxes, by row. */
  boxes: usize;
  /** f32 [K + 4]: exponentials of one row of class logits. */
  exponentials: usize;
  /** u32 [K]: keys in each bucket. */
  bucketSizes: usize;
  /** u64 [K, bucketCapacity]: candidates by class (all in the first when agnostic). */
  buckets: usize;
  bucketCapacity: i32;
  /** Seven columns for the candidates of one bucket: columns.ts. */
  columns: usize;
  columnBytes: usize;
  /** u64: keys of the detections of all classes. */
  results: usize;
  resultCount: i32;
  /** Bits of a candidate id that hold the class; the others hold the row. */
  classBits: i32;
}

/** Heads of one level: addresses of [n, 4], [n, 2], [n, 4] and [n, K + 1] floats. */
@unmanaged
export class Level {
  armLoc: usize;
  armConf: usize;
  odmLoc: usize;
  odmConf: usize;
  /** Anchors (n) of the level. */
  anchors: i32;
}

/** x1, y1, x2, y2, area, score and id. */
const COLUMNS = 7;

/**
 * Divides the scratch memory among the stages. Sizes are 64-bit numbers, so that sizes beyond the
 * address space do not wrap around to small ones.
 * @returns bytes that suffice for any address of the scratch memory: call with scratch = 0 to measure
 */
export function layOut(p: Parameters): usize {
  const classes = <u64>p.classes;
  const count = <u64>p.count;
  const topK = <u64>p.topK;
  p.classBits = 32 - clz(p.classes - 1);
  // Twice topK, so that a full bucket is thinned out to topK only now and then.
  const capacity = min(p.agnostic ? count * classes : count, 2 * topK);
  p.bucketCapacity = <i32>capacity;
  const buckets = p.agnostic ? 1 : classes;
  const most = min(capacity, topK); // candidates of a bucket that enter NMS

  let at = <u64>p.scratch;
  p.buckets = <usize>at;
  at += buckets * capacity * 8;
  p.results = <usize>at;
  at += buckets * most * 8;
  at = (at + 15) & ~15;
  p.boxes = <usize>at;
  at += count * 16;
  p.columns = <usize>at;
  // A multiple of four lanes, and four more that stay inert.
  const columnBytes = ((most + 3) & ~3) * 4 + 16;
  p.columnBytes = <usize>columnBytes;
  at += columnBytes * COLUMNS;
  p.exponentials = <usize>at;
  at += (classes + 4) * 4;
  p.bucketSizes = <usize>at;
  at += classes * 4;
  p.survivors = <usize>at;
  at += count * 4;
  // The address of the scratch memory decides how much the alignment above adds: 15 bytes at most.
  return <usize>min(at - p.scratch + 15, <u64>u32.MAX_VALUE);
}
