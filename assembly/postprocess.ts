/** The whole post-process in one call (paper section 3.4, "Inference"). */
import { clipBox, isUsable } from './boxes';
import { addCandidate, boxOf, bucketKeys, clearBuckets, keyId, keyScore } from './candidates';
import { gatherCandidates } from './heads';
import { greedyNms, softNms, takeAll } from './nms';
import { layOut, Parameters } from './parameters';
import { selectLargest, sortDescending } from './sort';
import { voteBoxes } from './voting';

/** Bytes of scratch memory that these parameters need. */
export function scratchBytes(parameters: usize): usize {
  return layOut(changetype<Parameters>(parameters));
}

/**
 * Converts head outputs to detections.
 * @returns the number of detections, best first, in outBoxes, outScores and outClassIds
 */
export function postprocess(parameters: usize): i32 {
  const p = changetype<Parameters>(parameters);
  layOut(p);
  clearBuckets(p);
  gatherCandidates(p);
  return detect(p);
}

/**
 * Suppresses `count` candidates from any source in the same way.
 * @param boxes [count, 4] corners
 * @param scores [count]
 * @param classIds u32 [count], each below `classes`
 */
export function mergeCandidates(
  parameters: usize,
  boxes: usize,
  scores: usize,
  classIds: usize,
): i32 {
  const p = changetype<Parameters>(parameters);
  layOut(p);
  clearBuckets(p);
  p.boxes = boxes;
  for (let i = 0; i < p.count; i++) {
    const at = (<usize>i) << 2;
    const score = load<f32>(scores + at);
    const classId = load<i32>(classIds + at);
    const counts = score >= p.scoreThreshold && score <= f32.MAX_VALUE;
    if (!counts || !load<u8>(p.classMask + <usize>classId)) continue;
    if (isUsable(v128.load(boxes + (at << 2)))) addCandidate(p, i, classId, score);
  }
  return detect(p);
}

/** Suppresses candidates in each bucket, then selects the best of all buckets. */
function detect(p: Parameters): i32 {
  const buckets = p.agnostic ? 1 : p.classes;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const size = sortBucket(p, bucket);
    if (size == 0) continue;
    const kept = greedyNms(p, bucketKeys(p, bucket), size);
    if (p.softNms) softNms(p, kept);
    else takeAll(p, kept);
  }
  const count = min(p.resultCount, p.keepTopK);
  selectLargest(p.results, p.resultCount, count);
  sortDescending(p.results, p.results + ((<usize>count) << 3) - 8);
  writeDetections(p, count);
  if (p.boxVoting) {
    for (let bucket = 0; bucket < buckets; bucket++) voteBoxes(p, bucket, count);
  }
  for (let i = 0; i < count; i++) {
    const at = p.outBoxes + ((<usize>i) << 4);
    v128.store(at, clipBox(v128.load(at)));
  }
  return count;
}

/** Reduces a bucket to its best `topK` candidates, in order. */
function sortBucket(p: Parameters, bucket: i32): i32 {
  const sizeAt = p.bucketSizes + ((<usize>bucket) << 2);
  const keys = bucketKeys(p, bucket);
  const size = min(load<i32>(sizeAt), p.topK);
  if (size == 0) return 0;
  selectLargest(keys, load<i32>(sizeAt), size);
  sortDescending(keys, keys + ((<usize>size) << 3) - 8);
  store<i32>(sizeAt, size);
  return size;
}

function writeDetections(p: Parameters, count: i32): void {
  const classMask = (1 << p.classBits) - 1;
  for (let i = 0; i < count; i++) {
    const key = load<u64>(p.results + ((<usize>i) << 3));
    const id = keyId(key);
    const at = (<usize>i) << 2;
    v128.store(p.outBoxes + (at << 2), v128.load(boxOf(p, id)));
    store<f32>(p.outScores + at, keyScore(key));
    store<i32>(p.outClassIds + at, id & classMask);
  }
}
