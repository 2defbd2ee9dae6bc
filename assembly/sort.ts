/**
 * Sorting u64 keys in descending order. A key holds a score's bits above the complement of a
 * candidate id: scores are not negative, so their bits have the same order, and equal scores order by
 * ascending id. Ids differ, so no two keys are equal.
 */

/** Below this many keys insertion sort is faster. */
const SMALL = 16 << 3;

/** Sorts the keys at the addresses `first` to `last` (inclusive). */
export function sortDescending(first: usize, last: usize): void {
  while (last > first + SMALL) {
    const split = partition(first, last);
    // Recursion into the smaller part only: the stack stays logarithmic.
    if (split - first < last - split) {
      sortDescending(first, split);
      first = split + 8;
    } else {
      sortDescending(split + 8, last);
      last = split;
    }
  }
  insertionSort(first, last);
}

/** Moves the `k` largest of `n` keys to the front, in no particular order. */
export function selectLargest(keys: usize, n: i32, k: i32): void {
  if (n <= k) return;
  const target = keys + ((<usize>k - 1) << 3);
  let first = keys;
  let last = keys + ((<usize>n - 1) << 3);
  while (last > first) {
    const split = partition(first, last);
    if (target <= split) last = split;
    else first = split + 8;
  }
}

/**
 * Hoare's partition around the median of three: afterwards every key up to the returned address
 * (which is below `last`) is larger than every key after it.
 */
function partition(first: usize, last: usize): usize {
  const middle = first + (((last - first) >> 4) << 3);
  const a = load<u64>(first);
  const b = load<u64>(middle);
  const c = load<u64>(last);
  const pivot = max(min(a, b), min(max(a, b), c));
  let i = first - 8;
  let j = last + 8;
  while (true) {
    do i += 8;
    while (load<u64>(i) > pivot);
    do j -= 8;
    while (load<u64>(j) < pivot);
    if (i >= j) return j;
    const swapped = load<u64>(i);
    store<u64>(i, load<u64>(j));
    store<u64>(j, swapped);
  }
}

function insertionSort(first: usize, last: usize): void {
  for (let i = first + 8; i <= last; i += 8) {
    const key = load<u64>(i);
    let j = i;
    while (j > first && load<u64>(j - 8) < key) {
      store<u64>(j, load<u64>(j - 8));
      j -= 8;
    }
    store<u64>(j, key);
  }
}
