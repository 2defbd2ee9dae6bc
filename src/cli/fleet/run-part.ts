/** The part of a run that a machine works on, from the command line or the scheduler's environment. */
import { RefineDetError } from '../../errors.ts';
import type { RunPart } from '../../fleet/run-shards.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param word `i/n`, or `n` where the environment has i; undefined where it has both
 * @throws USAGE
 */
export function runPart(word: string | undefined, env: Environment): RunPart {
  const [, first, , second] = /^(\d{1,9})(\/(\d{1,9}))?$/.exec(word ?? '') ?? [];
  if (word !== undefined && first === undefined) throw wrong(word);
  const given = scheduled(env);
  const count = Number(second ?? first ?? given?.count ?? Number.NaN);
  const index = second === undefined ? given?.index : Number(first);
  if (word === undefined && !given) {
    const message = 'give --redis, or --shard with the part to work on, such as 0/8';
    throw new RefineDetError('USAGE', message);
  }
  if (Number.isNaN(count)) {
    throw new RefineDetError(
      'USAGE',
      'Kubernetes does not tell the number of parts: give --shard N',
    );
  }
  if (index === undefined) throw wrong(word!);
  if (index < count) return { index, count };
  throw new RefineDetError('USAGE', `part ${index} of ${count} does not exist: parts count from 0`);
}

function wrong(word: string): RefineDetError {
  return new RefineDetError('USAGE', `--shard must be a part i/n such as 0/8, not "${word}"`);
}

/** What the scheduler says about this job of an array. */
function scheduled(env: Environment): { index: number; count?: number } | undefined {
  const number = (name: string) => (env[name] === undefined ? undefined : Number(env[name]));
  const slurm = number('SLURM_ARRAY_TASK_ID');
  if (slurm !== undefined) {
    // An array may start anywhere and have a step: --array=10-30:2.
    const index =
      (slurm - (number('SLURM_ARRAY_TASK_MIN') ?? 0)) / (number('SLURM_ARRAY_TASK_STEP') ?? 1);
    return { index, count: number('SLURM_ARRAY_TASK_COUNT') };
  }
  const batch = number('AWS_BATCH_JOB_ARRAY_INDEX');
  if (batch !== undefined) return { index: batch, count: number('AWS_BATCH_JOB_ARRAY_SIZE') };
  const kubernetes = number('JOB_COMPLETION_INDEX');
  return kubernetes === undefined ? undefined : { index: kubernetes };
}
