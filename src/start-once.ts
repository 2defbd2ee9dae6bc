/** Shares what takes time to start: code to load, devices, runtimes. */

/**
 * Wraps an asynchronous start. The first call begins it; later calls share its promise, whatever their
 * arguments. After a failure the next call tries again.
 */
export function startOnce<A extends unknown[], T>(
  start: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  let started: Promise<T> | undefined;
  return (...args) => {
    started ??= start(...args).catch((error) => {
      started = undefined;
      throw error;
    });
    return started;
  };
}
