/**
 * Candidates: (row, class, score), collected in one bucket per class (a single one when agnostic). A row
 * is a box. Keys (see sort.ts) order candidates by score, then by row (that is, by anchor), then by
 * class.
 */
import { Parameters } from './parameters';
import { selectLargest } from './sort';

export function clearBuckets(p: Parameters): void {
  memory.fill(p.bucketSizes, 0, (<usize>p.classes) << 2);
  p.resultCount = 0;
}

export function addCandidate(p: Parameters, row: i32, classId: i32, score: f32): void {
  const bucket = p.agnostic ? 0 : classId;
  const sizeAt = p.bucketSizes + ((<usize>bucket) << 2);
  const keys = bucketKeys(p, bucket);
  let size = load<i32>(sizeAt);
  if (size == p.bucketCapacity) {
    selectLargest(keys, size, p.topK);
    size = p.topK;
  }
  store<u64>(keys + ((<usize>size) << 3), candidateKey(score, (row << p.classBits) | classId));
  store<i32>(sizeAt, size + 1);
}

export function bucketKeys(p: Parameters, bucket: i32): usize {
  return p.buckets + <usize>bucket * ((<usize>p.bucketCapacity) << 3);
}

export function candidateKey(score: f32, id: u32): u64 {
  return ((<u64>reinterpret<u32>(score)) << 32) | <u64>~id;
}

export function keyScore(key: u64): f32 {
  return reinterpret<f32>(<u32>(key >> 32));
}

export function keyId(key: u64): u32 {
  return ~(<u32>key);
}

/** Address of the box of a candidate. */
export function boxOf(p: Parameters, id: u32): usize {
  return p.boxes + ((<usize>(id >> p.classBits)) << 4);
}
