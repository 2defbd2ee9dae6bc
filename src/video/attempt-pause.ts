/** Pauses between attempts to open a lost source again. */

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/**
 * Returns the milliseconds before the next attempt; they double with each.
 * @param attempts number of attempts in a row that have failed
 */
export function attemptPause(attempts: number): number {
  return Math.min(FIRST_PAUSE * 2 ** attempts, LONGEST_PAUSE);
}
