/** Bounded concurrency whose results keep the order of the items. */

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
