/** From the inputs of a shard to the lines of its file. */
import { inOrder } from '../concurrency.ts';
import { type ErrorCode, RefineDetError, throwIfAborted } from '../errors.ts';
import { roundedResult } from '../rounding.ts';
import type { ImageJob } from '../runner/detect-image.ts';
import type { Runner } from '../runner/runner.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Journal } from './journal.ts';
import type { ManifestHeader } from './manifest-format.ts';
import { PassingError } from './storage/retry-request.ts';
import { isRemote, type Storage } from './storage/storage.ts';
import type { StoredFile } from './storage/store.ts';

/** Bytes that an image of unknown size is taken for until it has been read. */
const USUAL_BYTES = 2 ** 20;

/** Crashes of a worker thread at one image, after which the image is to blame. */
const CRASHES_TO_BLAME = 2;

/** Errors that concern the worker, not the image. */
const OF_WORKER: ReadonlySet<ErrorCode> = new Set([
  'ABORTED',
  'DISPOSED',
  'OUT_OF_MEMORY',
  'BACKEND_UNAVAILABLE',
  'USAGE', // no keys for a store
]);

/** What happens to the images of a worker. */
export interface ImageEvents {
  /** Called after every image, with its bytes or the code of its error. */
  image?(image: { bytes: number; code?: ErrorCode }): void;
}

/** Parts of a worker that its shards share. */
export interface ShardTools extends ImageEvents {
  storage: Storage;
  runner: Pick<Runner, 'run'>;
  /** Images of one shard under way. */
  concurrency: number;
  budget: ByteBudget;
}

/**
 * Detects in the inputs. An image that cannot be read or decoded, or crashes its worker twice, gives a line with
 * `error`; a failure that may pass fails the shard.
 * @returns lines in the order of the inputs
 * @throws PassingError, OUT_OF_MEMORY, BACKEND_UNAVAILABLE, USAGE, ABORTED
 */
export async function detectShard(
  inputs: readonly StoredFile[],
  { options }: Pick<ManifestHeader, 'options'>,
  tools: ShardTools,
  journal: Journal,
  signal?: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  const limit = journal.isCareful ? 1 : tools.concurrency;
  const detect = async ([position, input]: [number, StoredFile]) => {
    throwIfAborted(signal);
    if (journal.blames(position)) throw killer(input);
    if (journal.isCareful) await journal.note(position);
    return detectOne(input, options, tools, signal);
  };
  for await (const [[, input], outcome] of inOrder(inputs.entries(), limit, detect)) {
    if ('value' in outcome) {
      lines.push(outcome.value);
      continue;
    }
    if (!isOfImage(outcome.error)) throw outcome.error;
    const error = describe(outcome.error);
    tools.image?.({ bytes: 0, code: error.code });
    lines.push(`${JSON.stringify({ file: input.uri, error })}\n`);
  }
  return lines;
}

async function detectOne(
  { uri, size }: StoredFile,
  options: ImageJob['options'],
  { storage, runner, budget, image }: ShardTools,
  signal?: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const giveBack = await budget.take(size ?? USUAL_BYTES, signal);
    try {
      const bytes = await readInput(storage, uri, size, signal);
      const { length } = bytes;
      const found = await runner.run({ file: uri, bytes, options }, signal);
      image?.({ bytes: length });
      return `${JSON.stringify(roundedResult({ file: uri, ...found }))}\n`;
    } catch (error) {
      if (!isCrash(error) || attempt === CRASHES_TO_BLAME) throw error;
    } finally {
      giveBack();
    }
  }
}

/** @throws INPUT_CHANGED */
async function readInput(
  storage: Storage,
  uri: string,
  size: number | undefined,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  let bytes = await storage.read(uri, { signal });
  const isAsPlanned = () => size === undefined || bytes.length === size;
  // Not every server states the length of a body, so that a part of it passes for the whole.
  if (!isAsPlanned() && isRemote(uri)) bytes = await storage.read(uri, { signal });
  if (isAsPlanned()) return bytes;
  const message = `${uri} has ${bytes.length} bytes, not ${size} as planned`;
  throw new RefineDetError('INPUT_CHANGED', message);
}

const isCrash = (error: unknown): boolean =>
  error instanceof RefineDetError && error.code === 'WORKER_CRASHED';

/** Whether an error is due to the image, so that no other attempt would help. */
function isOfImage(error: unknown): boolean {
  if (!(error instanceof RefineDetError)) return true;
  return !(error instanceof PassingError) && !OF_WORKER.has(error.code);
}

function describe(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof RefineDetError) return { code: error.code, message: error.message };
  return { code: 'UNEXPECTED', message: (error as Error).message };
}

function killer({ uri }: StoredFile): RefineDetError {
  return new RefineDetError('WORKER_CRASHED', `${uri}: its process died twice at this image`);
}
