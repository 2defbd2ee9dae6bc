/** Shares resources that are slow to start: loaded code, devices, runtimes. */

/**
 * Wraps an asynchronous start. The first call begins it; later calls share its promise and ignore
 * their own arguments. After a failure the next call starts again.
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
