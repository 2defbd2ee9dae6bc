/** Bounded concurrency whose results keep the order of the items. */

/** Files at once: enough to hide the disk, far below the usual limit of open files. */
const CONCURRENCY = 16;

/** What came of an item: a value or the error that its work ended in. */
export type Settled<R> = { value: R } | { error: unknown };

/**
 * Starts the work on at most `limit` items ahead and yields the outcomes in order. Memory is
 * bounded by `limit`, however many items there are.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<[item: T, outcome: Settled<R>]> {
  const underWay: Promise<[T, Settled<R>]>[] = [];
  for (const item of items) {
    underWay.push(settle(work(item)).then((outcome) => [item, outcome]));
    if (underWay.length >= limit) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}

async function settle<R>(promise: Promise<R>): Promise<Settled<R>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/**
 * `Promise.all(items.map(work))` with a bounded number of calls under way; keeps the order. After a
 * failure it starts no more, and fails when those under way have ended: nothing goes on behind it.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit = CONCURRENCY,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const run = async () => {
    try {
      while (next < items.length) {
        const index = next++;
        results[index] = await work(items[index], index);
      }
    } finally {
      next = items.length;
    }
  };
  const lanes = Array.from({ length: Math.min(limit, items.length) }, run);
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return results;
}
