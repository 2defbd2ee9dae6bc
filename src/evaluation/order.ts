/** Stable orders of table rows: buckets by key, and by score. */

/** Rows by bucket: bucket b holds `rows[offsets[b]] … rows[offsets[b + 1] - 1]`. */
export interface Buckets {
  /** [bucket count + 1] */
  offsets: Int32Array;
  rows: Int32Array;
}

/**
 * Counting sort of `rows` into buckets, stable.
 * @param rows the rows to sort, or their number (then rows 0, 1, 2 …)
 * @param keys bucket of each row, in [0, bucketCount)
 */
export function bucketRows(
  rows: Int32Array | number,
  keys: Int32Array,
  bucketCount: number,
): Buckets {
  const source = typeof rows === 'number' ? new Int32Array(rows).map((_, i) => i) : rows;
  const offsets = new Int32Array(bucketCount + 1);
  for (const row of source) offsets[keys[row] + 1]++;
  for (let b = 0; b < bucketCount; b++) offsets[b + 1] += offsets[b];
  const next = offsets.slice(0, bucketCount);
  const sorted = new Int32Array(source.length);
  for (const row of source) sorted[next[keys[row]]++] = row;
  return { offsets, rows: sorted };
}

/** The rows of one bucket, as a view. */
export function bucket({ offsets, rows }: Buckets, index: number): Int32Array {
  return rows.subarray(offsets[index], offsets[index + 1]);
}

const SIGN_BIT = 0x8000_0000;

/**
 * Sorts `rows` by score, highest first; equal scores keep the order of `rows`.
 *
 * Uses a radix sort on the bits of the negated score: a comparator takes ten times as long for half
 * a million rows. Scores must not be NaN.
 */
export function sortByScore(rows: Int32Array, score: Float64Array): Int32Array {
  const count = rows.length;
  let keys = new Uint32Array(count * 2);
  const value = new Float64Array(1);
  const bits = new Uint32Array(value.buffer);
  for (let i = 0; i < count; i++) {
    value[0] = 0 - score[rows[i]]; // a plain minus sign would make 0 and -0 different keys
    const negative = (bits[1] & SIGN_BIT) !== 0;
    keys[2 * i] = negative ? ~bits[0] : bits[0];
    keys[2 * i + 1] = negative ? ~bits[1] : bits[1] ^ SIGN_BIT;
  }
  let sorted = rows.slice();
  let spareKeys = new Uint32Array(count * 2);
  let spareRows = new Int32Array(count);
  const starts = new Int32Array(257);
  for (let digit = 0; digit < 8; digit++) {
    const word = digit >> 2;
    const shift = (digit & 3) * 8;
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[((keys[2 * i + word] >>> shift) & 255) + 1]++;
    if (starts.includes(count, 1)) continue; // all keys share this digit
    for (let b = 1; b < 256; b++) starts[b] += starts[b - 1];
    for (let i = 0; i < count; i++) {
      const to = starts[(keys[2 * i + word] >>> shift) & 255]++;
      spareKeys[2 * to] = keys[2 * i];
      spareKeys[2 * to + 1] = keys[2 * i + 1];
      spareRows[to] = sorted[i];
    }
    [keys, spareKeys] = [spareKeys, keys];
    [sorted, spareRows] = [spareRows, sorted];
  }
  return sorted;
}
