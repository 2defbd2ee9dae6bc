/** Runs a target on many inputs. */
import fc from 'fast-check';
import { Coverage } from './coverage.ts';
import { examine, type Outcome } from './examine.ts';
import { applied, draft } from './mutations.ts';
import type { FuzzTarget } from './target.ts';

export interface CampaignOptions {
  seed: number;
  /** Ends after this number of inputs. */
  runs?: number;
  /** Ends after this time. */
  seconds?: number;
  /** Inputs that reach new code join the corpus. Slower, and the order of inputs depends on it. */
  guided?: boolean;
  /** Receives every input before it runs: the process may not survive it. */
  onInput?: (input: Uint8Array) => void;
}

export interface CampaignResult {
  inputs: number;
  /** Number of inputs with each outcome. */
  outcomes: Map<Outcome, number>;
  /** Size of the corpus, and characters of code that it reaches; 0 when not guided. */
  corpus: number;
  reached: number;
  failure?: Failure;
}

/** The smallest input found that shows a defect. */
export interface Failure {
  input: Uint8Array;
  reason: string;
}

/** Inputs per measurement: measuring the coverage of one input takes longer than running it. */
const BATCH = 16;

export async function campaign(
  target: FuzzTarget,
  { seed, runs, seconds, guided = false, onInput }: CampaignOptions,
): Promise<CampaignResult> {
  const coverage = guided ? new Coverage() : undefined;
  const corpus = [...(await target.seeds())];
  const outcomes = new Map<Outcome, number>();
  let failure: Failure | undefined;
  let inputs = 0;
  let batch: Uint8Array[] = [];

  const attempt = async (input: Uint8Array) => {
    onInput?.(input);
    try {
      const outcome = await examine(target, input);
      inputs++;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      return outcome;
    } catch (error) {
      // Shrinking continues from failure to smaller failure.
      failure = { input, reason: describe(error) };
      throw error;
    }
  };
  const learn = async () => {
    const tried = batch;
    batch = [];
    if (!coverage || coverage.take().size === 0) return;
    for (const input of tried) {
      await attempt(input);
      const fresh = coverage.take();
      coverage.add(fresh);
      if (fresh.size > 0) corpus.push(input);
    }
  };

  for (const input of corpus) {
    const outcome = await attempt(input);
    if (outcome !== 'value') throw new Error(`a seed of ${target.name} is rejected: ${outcome}`);
  }
  coverage?.add(coverage.take());
  const property = fc.asyncProperty(draft, async (change) => {
    const input = applied(change, corpus, target.words);
    await attempt(input);
    batch.push(input);
    if (batch.length >= BATCH && !failure) await learn();
  });
  await fc.check(property, {
    seed,
    numRuns: runs ?? Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds && 1000 * seconds,
    markInterruptAsFailure: false,
  });
  return { inputs, outcomes, corpus: corpus.length, reached: coverage?.size ?? 0, failure };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack?.split('\n').slice(0, 6).join('\n') ?? error.message}${cause}`;
}
