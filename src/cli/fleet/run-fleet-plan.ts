/** `refinedet fleet plan`. */
import { describedInputs, listedInputs } from '../../fleet/input-list.ts';
import { planManifest } from '../../fleet/plan-run.ts';
import { isS3, Storage } from '../../fleet/storage/storage.ts';
import type { StoredFile } from '../../fleet/storage/store.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { detectOptions, reclaimInputs } from '../detect/detect-flags.ts';
import { expandInputs, STDIN } from '../inputs.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted } from '../printable.ts';
import { print } from '../terminal.ts';
import type { PlanFlags } from './fleet-options.ts';

/** @throws USAGE, FILE_NOT_FOUND, FETCH_FAILED, MANIFEST_FORMAT, MODEL_*, FILE_WRITE, ABORTED */
export async function runPlan(givenWords: string[], givenFlags: PlanFlags): Promise<void> {
  const signal = interruptSignal();
  const [words, reclaimed] = await reclaimInputs(givenWords, givenFlags);
  const flags = { ...givenFlags, ...reclaimed };
  const { out: dest, shardSize, model, inputSize, compute, timeout, recursive } = flags;
  const options = await detectOptions(flags);
  const storage = new Storage({ timeout });
  const plan = await planManifest(inputsOf(words, recursive === true, storage, signal), {
    ...{ dest, shardSize, model, options, inputSize, compute, timeout, signal },
  });
  await print(`${plan.uri}\n`);
  const counts = `${counted(plan.inputs, 'image')} in ${counted(plan.shards, 'shard')}`;
  process.stderr.write(`refinedet: ${counts}\n`);
}

async function* inputsOf(
  words: readonly string[],
  recursive: boolean,
  storage: Storage,
  signal: AbortSignal,
): AsyncGenerator<StoredFile> {
  for (const word of words) {
    if (word === STDIN) yield* listedInputs(process.stdin, 'the list of inputs');
    else if (isS3(word) && !isDecodableName(word))
      yield* imagesBelow(word, recursive, storage, signal);
    else yield* describedInputs(await urisOf(word, recursive), storage, signal);
  }
}

async function urisOf(word: string, recursive: boolean): Promise<string[]> {
  if (isS3(word)) return [word];
  return (await expandInputs([word], recursive)).map((input) => {
    if ('error' in input) throw input.error;
    return input.file;
  });
}

async function* imagesBelow(
  prefix: string,
  recursive: boolean,
  storage: Storage,
  signal: AbortSignal,
): AsyncGenerator<StoredFile> {
  const store = await storage.s3();
  for await (const file of store.list(prefix, recursive, signal)) {
    if (isDecodableName(file.uri)) yield file;
  }
}
