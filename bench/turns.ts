/** Measures contenders that cannot share a process, in turns. */
import { inChild } from './child.ts';
import { type Samples, summarizeRounds, type Timing } from './harness.ts';
import type { RunOptions } from './suite.ts';

/** A measurement job of a child. */
export interface TurnJob<Name extends string> {
  contender: Name;
  roundMs: number;
}

/**
 * @param child module whose default export takes a {@link TurnJob} with the fields of `job` and
 *   returns samples in milliseconds
 */
export async function takeTurns(
  child: URL,
  contenders: readonly string[],
  job: object,
  { rounds, roundMs }: RunOptions,
): Promise<Timing[]> {
  const samples: Samples[] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      samples[i].push(await inChild<number[]>(child, { ...job, contender, roundMs }));
    }
  }
  return summarizeRounds(contenders, samples);
}
