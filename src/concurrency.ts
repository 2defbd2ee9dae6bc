/** Bounded concurrency whose results keep the order of the items. */

/** Files read at a time: enough to hide disk latency, far below the usual limit of open files. */
const CONCURRENCY = 16;

/** Outcome of an item: a value, or the error of its work. */
export type Settled<R> = { value: R } | { error: unknown };

/**
 * Starts the work on at most `limit` items ahead and yields the outcomes in order. `limit` bounds
 * the memory for any number of items.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<[item: T, outcome: Settled<R>]> {
  const underWay: Promise<[T, Settled<R>]>[] = [];
  for await (const item of items) {
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
 * Runs `Promise.all(items.map(work))` with a bounded number of concurrent calls. After a failure it
 * starts no further calls and rejects when the running ones have ended: no work continues unseen.
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
  const runs = Array.from({ length: Math.min(limit, items.length) }, run);
  const failed = (await Promise.allSettled(runs)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return results;
}
