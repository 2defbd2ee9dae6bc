/** Requests over a network, repeated while the failure may pass. */
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError, RefineDetError } from '../../errors.ts';

/** A failure that may pass: no answer, a busy or broken server. Its image is not to blame. */
export class PassingError extends RefineDetError {}

/** Attempts in all, with pauses of about 0.2, 0.4, 0.8 and 1.6 seconds between them. */
const ATTEMPTS = 5;
const FIRST_PAUSE = 200;

/**
 * Repeats work that fails with a {@link PassingError}.
 * @throws what the last attempt throws; ABORTED
 */
export async function withRetries<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw abortError(signal);
      if (!(error instanceof PassingError) || attempt === ATTEMPTS) throw error;
      // Spread, so that many workers do not come back at the same moment.
      const pause = FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random());
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}
