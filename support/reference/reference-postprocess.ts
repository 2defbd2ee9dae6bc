/**
 * The post-process in plain TypeScript on typed arrays: the reference for tests and
 * benchmarks of the kernels. The same algorithm with the same shortcuts, one number at a time. Comparisons
 * that decide between boxes are rounded to f32, like in the kernels.
 */
import type { HeadMap } from '../../src/heads.ts';
import type { RawDetections } from '../../src/kernels/postprocess.ts';
import type { PostprocessOptions } from '../../src/kernels/postprocess-options.ts';

const f32 = Math.fround;
const CENTRE_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;
const MIN_SCORE = 1e-30;

/** Buffers for N anchors (or candidates) and K object classes, reused by every call. */
export class ReferencePostprocessor {
  readonly #classes: number;
  readonly #boxes: Float32Array; // [N, 4] corners, by row
  readonly #areas: Float32Array; // [N]
  readonly #rows: Int32Array; // row of each candidate, in order of (row, class)
  readonly #classIds: Int32Array;
  readonly #scores: Float32Array;
  readonly #exponentials: Float32Array;
  readonly #bucketEnds: Int32Array;
  readonly #order: Int32Array; // candidates by bucket
  #rowCount = 0;
  #count = 0;

  constructor(anchors: number, classes: number) {
    this.#classes = classes;
    this.#boxes = new Float32Array(4 * anchors);
    this.#areas = new Float32Array(anchors);
    this.#rows = new Int32Array(anchors * classes);
    this.#classIds = new Int32Array(anchors * classes);
    this.#scores = new Float32Array(anchors * classes);
    this.#order = new Int32Array(anchors * classes);
    this.#exponentials = new Float32Array(classes + 1);
    this.#bucketEnds = new Int32Array(classes);
  }

  run(
    heads: HeadMap<Float32Array>,
    anchors: Float32Array,
    options: PostprocessOptions,
  ): RawDetections {
    this.#rowCount = 0;
    this.#count = 0;
    this.#gather(heads, anchors, options);
    return this.#detect(options);
  }

  merge(candidates: Omit<RawDetections, 'count'>, options: PostprocessOptions): RawDetections {
    const { boxes, scores, classIds } = candidates;
    this.#rowCount = 0;
    this.#count = 0;
    const threshold = Math.max(f32(options.scoreThreshold), f32(MIN_SCORE));
    for (let i = 0; i < scores.length; i++) {
      const isWanted = scores[i] >= threshold && scores[i] < Infinity;
      if (!isWanted || options.classMask?.[classIds[i]] === 0) continue;
      const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
      if (this.#setBox(x1, y1, x2, y2))
        this.#addCandidate(this.#rowCount++, classIds[i], scores[i]);
    }
    return this.#detect(options);
  }

  #gather(heads: HeadMap<Float32Array>, anchors: Float32Array, options: PostprocessOptions): void {
    const { armConf, odmConf } = heads;
    const { classMask } = options;
    const columns = this.#classes + 1;
    const e = this.#exponentials;
    const objectnessMargin = logit(options.objectnessThreshold);
    const threshold = Math.max(options.scoreThreshold, MIN_SCORE);
    const scoreMargin = logit(threshold) - 1e-4;
    for (let i = 0; i < armConf.length / 2; i++) {
      const objectness = armConf[2 * i + 1] - armConf[2 * i];
      if (!(objectness >= objectnessMargin && objectness < Infinity)) continue;
      const at = columns * i;
      let best = odmConf[at + 1];
      for (let c = 2; c < columns; c++) if (odmConf[at + c] > best) best = odmConf[at + c];
      // A class has at most the probability that it would have against background alone.
      if (best - odmConf[at] < scoreMargin) continue;
      const top = Math.max(best, odmConf[at]);
      let sum = 0;
      for (let c = 0; c < columns; c++) {
        e[c] = Math.exp(odmConf[at + c] - top);
        sum += e[c];
      }
      if (!(sum > 0) || !this.#decode(i, heads, anchors, options.refineAnchors)) continue;
      const least = threshold * sum;
      let any = false;
      for (let c = 1; c < columns; c++) {
        if (e[c] < least || classMask?.[c - 1] === 0) continue;
        this.#addCandidate(this.#rowCount, c - 1, e[c] / sum);
        any = true;
      }
      if (any) this.#rowCount++;
    }
  }

  #decode(
    i: number,
    heads: HeadMap<Float32Array>,
    anchors: Float32Array,
    refine: boolean,
  ): boolean {
    const at = 4 * i;
    let cx = anchors[at];
    let cy = anchors[at + 1];
    let w = anchors[at + 2];
    let h = anchors[at + 3];
    if (refine) {
      const { armLoc } = heads;
      cx += armLoc[at] * CENTRE_VARIANCE * w;
      cy += armLoc[at + 1] * CENTRE_VARIANCE * h;
      w *= Math.exp(armLoc[at + 2] * SIZE_VARIANCE);
      h *= Math.exp(armLoc[at + 3] * SIZE_VARIANCE);
    }
    const { odmLoc } = heads;
    cx += odmLoc[at] * CENTRE_VARIANCE * w;
    cy += odmLoc[at + 1] * CENTRE_VARIANCE * h;
    w *= Math.exp(odmLoc[at + 2] * SIZE_VARIANCE);
    h *= Math.exp(odmLoc[at + 3] * SIZE_VARIANCE);
    return this.#setBox(f32(cx - w / 2), f32(cy - h / 2), f32(cx + w / 2), f32(cy + h / 2));
  }

  /** Writes the box of the next row; returns false when it cannot be a detection. */
  #setBox(x1: number, y1: number, x2: number, y2: number): boolean {
    const area = f32(f32(x2 - x1) * f32(y2 - y1));
    if (!(x1 < x2 && y1 < y2 && x1 < 1 && y1 < 1 && x2 > 0 && y2 > 0)) return false;
    if (!(area > 0 && area < Infinity)) return false;
    const row = this.#rowCount;
    this.#boxes[4 * row] = x1;
    this.#boxes[4 * row + 1] = y1;
    this.#boxes[4 * row + 2] = x2;
    this.#boxes[4 * row + 3] = y2;
    this.#areas[row] = area;
    return true;
  }

  #addCandidate(row: number, classId: number, score: number): void {
    const i = this.#count++;
    this.#rows[i] = row;
    this.#classIds[i] = classId;
    this.#scores[i] = score;
  }

  #detect(options: PostprocessOptions): RawDetections {
    const { topK, keepTopK, softNms, boxVoting } = options;
    const found: { candidate: number; score: number; bucket: Int32Array }[] = [];
    for (const all of this.#buckets(options.agnostic)) {
      const bucket = all.subarray(0, topK);
      const kept = this.#greedyNms(bucket, f32(options.nmsThreshold));
      if (softNms) {
        for (const [candidate, score] of this.#softNms(kept, options)) {
          found.push({ candidate, score, bucket });
        }
      } else {
        for (const candidate of kept) {
          found.push({ candidate, score: this.#scores[candidate], bucket });
        }
      }
    }
    found.sort((a, b) => b.score - a.score || a.candidate - b.candidate);
    const count = Math.min(found.length, keepTopK);
    const detections = {
      count,
      boxes: new Float32Array(4 * count),
      scores: new Float32Array(count),
      classIds: new Int32Array(count),
    };
    const voters = new Set<number>();
    for (let d = 0; d < count; d++) {
      const { candidate, score, bucket } = found[d];
      if (boxVoting) {
        const threshold = f32(options.boxVotingThreshold);
        const box = this.#vote(candidate, bucket, threshold, voters);
        for (let i = 0; i < 4; i++) detections.boxes[4 * d + i] = clip(box[i]);
      } else {
        const at = 4 * this.#rows[candidate];
        for (let i = 0; i < 4; i++) detections.boxes[4 * d + i] = clip(this.#boxes[at + i]);
      }
      detections.scores[d] = score;
      detections.classIds[d] = this.#classIds[candidate];
    }
    return detections;
  }

  /** Candidates of every class with candidates, by descending score, then ascending row and class. */
  #buckets(agnostic: boolean): Int32Array[] {
    const ends = this.#bucketEnds.fill(0);
    const classIds = this.#classIds;
    const scores = this.#scores;
    for (let i = 0; i < this.#count; i++) ends[agnostic ? 0 : classIds[i]]++;
    for (let c = 1; c < ends.length; c++) ends[c] += ends[c - 1];
    for (let i = this.#count - 1; i >= 0; i--) {
      this.#order[--ends[agnostic ? 0 : classIds[i]]] = i;
    }
    // The scatter has turned ends into starts.
    const buckets: Int32Array[] = [];
    for (let c = 0; c < ends.length; c++) {
      const end = c + 1 < ends.length ? ends[c + 1] : this.#count;
      if (ends[c] === end) continue;
      const bucket = this.#order.subarray(ends[c], end);
      buckets.push(bucket.sort((a, b) => scores[b] - scores[a] || a - b));
      if (agnostic) break;
    }
    return buckets;
  }

  #greedyNms(bucket: Int32Array, threshold: number): number[] {
    const kept: number[] = [];
    for (let i = 0; i < bucket.length; i++) {
      const candidate = bucket[i];
      if (threshold >= 1 || !this.#isSuppressed(candidate, kept, threshold)) kept.push(candidate);
    }
    return kept;
  }

  #isSuppressed(candidate: number, kept: readonly number[], threshold: number): boolean {
    const boxes = this.#boxes;
    const areas = this.#areas;
    const rows = this.#rows;
    const row = rows[candidate];
    const x1 = boxes[4 * row];
    const y1 = boxes[4 * row + 1];
    const x2 = boxes[4 * row + 2];
    const y2 = boxes[4 * row + 3];
    const area = areas[row];
    for (let k = 0; k < kept.length; k++) {
      const other = rows[kept[k]];
      const q = 4 * other;
      const width = f32(Math.min(x2, boxes[q + 2]) - Math.max(x1, boxes[q]));
      if (width <= 0) continue;
      const height = f32(Math.min(y2, boxes[q + 3]) - Math.max(y1, boxes[q + 1]));
      if (height <= 0) continue;
      const intersection = f32(width * height);
      const union = f32(f32(area + areas[other]) - intersection);
      if (intersection > f32(threshold * union)) return true;
    }
    return false;
  }

  #intersection(a: number, b: number): number {
    const boxes = this.#boxes;
    const p = 4 * this.#rows[a];
    const q = 4 * this.#rows[b];
    const width = f32(Math.min(boxes[p + 2], boxes[q + 2]) - Math.max(boxes[p], boxes[q]));
    if (width <= 0) return 0;
    const height = f32(Math.min(boxes[p + 3], boxes[q + 3]) - Math.max(boxes[p + 1], boxes[q + 1]));
    return height <= 0 ? 0 : f32(width * height);
  }

  #union(a: number, b: number, intersection: number): number {
    return f32(f32(this.#areas[this.#rows[a]] + this.#areas[this.#rows[b]]) - intersection);
  }

  #softNms(kept: readonly number[], options: PostprocessOptions): [number, number][] {
    const threshold = f32(options.softNmsThreshold);
    const least = Math.max(f32(options.scoreThreshold), f32(MIN_SCORE));
    const left = kept.map((candidate) => ({ candidate, score: this.#scores[candidate] }));
    const taken: [number, number][] = [];
    while (left.length > 0) {
      const best = left.reduce((a, b) =>
        b.score > a.score || (b.score === a.score && b.candidate < a.candidate) ? b : a,
      );
      if (best.score < least) break;
      taken.push([best.candidate, best.score]);
      left.splice(left.indexOf(best), 1);
      for (const other of left) {
        const intersection = this.#intersection(best.candidate, other.candidate);
        const iou = f32(intersection / this.#union(best.candidate, other.candidate, intersection));
        if (options.softNms === 'gaussian') {
          other.score = f32(other.score * Math.exp(-(iou * iou) / options.softNmsSigma));
        } else if (iou > threshold) {
          other.score = f32(other.score * f32(1 - iou));
        }
      }
    }
    return taken;
  }

  #vote(candidate: number, bucket: Int32Array, threshold: number, voters: Set<number>): number[] {
    const sums = [0, 0, 0, 0];
    let total = 0;
    for (const voter of bucket) {
      const intersection = this.#intersection(candidate, voter);
      const overlaps = intersection >= f32(threshold * this.#union(candidate, voter, intersection));
      if (voter !== candidate && (!overlaps || voters.has(voter))) continue;
      voters.add(voter);
      const weight = this.#scores[voter];
      for (let i = 0; i < 4; i++) sums[i] += weight * this.#boxes[4 * this.#rows[voter] + i];
      total += weight;
    }
    return sums.map((sum) => sum / total);
  }
}

function logit(p: number): number {
  if (p <= 0) return -Number.MAX_VALUE;
  const q = Math.min(p, 1 - 2 ** -24);
  return Math.log(q / (1 - q));
}

function clip(x: number): number {
  return Math.min(Math.max(x, 0), 1);
}
