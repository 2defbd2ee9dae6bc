/** Writes the manifest of a run. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DetectOptions, resolveDetectOptions } from '../detection/detect-options.ts';
import { modelBytes, readNamed } from '../detection/load-model.ts';
import { LOAD_RULES } from '../detection/load-options.ts';
import type { Size } from '../detection/views.ts';
import type { Compute } from '../engine/engine.ts';
import { wasmCompute } from '../engine/wasm-compute.ts';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { checkValue, TEXT, wholeFrom } from '../option-checks.ts';
import { DEFAULT_MODEL } from '../packaged-models.ts';
import { packageVersion } from '../platform/package-version.ts';
import { RUN_DIGITS } from './manifest.ts';
import { headerLine, inputLine, type ManifestSettings } from './manifest-format.ts';
import { sortedInputs } from './sorted-inputs.ts';
import { Storage, type StorageOptions } from './storage/storage.ts';
import { below, type StoredFile } from './storage/store.ts';

/** Options of {@link planManifest}. */
export interface PlanOptions extends StorageOptions {
  /** Folder, `http(s)://` or `s3://` URI for the folder of the run. */
  dest: string;
  /** Inputs of a shard. Default 500. */
  shardSize?: number;
  /** Name, path or URL of the model; default: the default model. */
  model?: string;
  /** Options of the detection. */
  options?: Omit<DetectOptions, 'signal' | 'onTimings'>;
  /** Size of the network input; default: the model's. */
  inputSize?: Size;
  /** Numbers that the network computes with, as for `RefineDet.load`. Default `auto`. */
  compute?: Compute | 'auto';
  signal?: AbortSignal;
}

/** A manifest that has been written. */
export interface Plan {
  /** Where the manifest is; its run's shards will be beside it. */
  uri: string;
  /** Name of the run: a hash of the settings and all inputs. */
  run: string;
  inputs: number;
  shards: number;
}

/** Inputs of a shard: some ten seconds of work on two cores. */
const DEFAULT_SHARD_SIZE = 500;

/** Characters that are collected before they are written. */
const PIECE = 2 ** 20;

/**
 * Sorts the inputs and writes `DEST/RUN/manifest.jsonl`. The same inputs with the same settings give the same
 * file, so that planning twice does no harm. The memory does not grow with the number of inputs.
 * @param inputs images by URI; their size, etag and mtime are recorded where they are known
 * @throws INVALID_OPTION, UNKNOWN_CLASS, NO_DEFAULT_MODEL, MODEL_*, FILE_NOT_FOUND without inputs, FILE_WRITE
 */
export async function planManifest(
  inputs: AsyncIterable<StoredFile> | Iterable<StoredFile>,
  given: PlanOptions,
): Promise<Plan> {
  const { dest, shardSize = DEFAULT_SHARD_SIZE, signal } = given;
  checkValue('dest', dest, TEXT);
  checkValue('shardSize', shardSize, wholeFrom(1, 1_000_000));
  const settings = await settingsOf(given, shardSize);
  const folder = await mkdtemp(path.join(tmpdir(), 'refinedet-manifest-'));
  try {
    // The header needs the number and the hash of the inputs.
    const file = path.join(folder, 'inputs.jsonl');
    const count = await writeInputs(sortedInputs(inputs), file, signal);
    if (count === 0) throw new RefineDetError('FILE_NOT_FOUND', 'the inputs have no images');
    const complete = { ...settings, inputs: count };
    const hash = createHash('sha256').update(headerLine(complete));
    const run = (await hashFile(file, hash)).slice(0, RUN_DIGITS);
    const uri = below(dest, `${run}/manifest.jsonl`);
    await new Storage(given).write(uri, joined(headerLine({ run, ...complete }), file), { signal });
    return { uri, run, inputs: count, shards: Math.ceil(count / shardSize) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws INVALID_OPTION, UNKNOWN_CLASS, NO_DEFAULT_MODEL, MODEL_*, FILE_NOT_FOUND, FETCH_FAILED */
async function settingsOf(
  { model: source = DEFAULT_MODEL, options = {}, inputSize, compute, signal }: PlanOptions,
  shardSize: number,
): Promise<Omit<ManifestSettings, 'inputs'>> {
  const bytes = await modelBytes(source, signal);
  const named = await readNamed(bytes, source);
  const { config } = named;
  // Bad options fail before any work.
  resolveDetectOptions(options, config);
  if (compute !== undefined) {
    checkValue('compute', compute, LOAD_RULES.compute);
    wasmCompute(named, compute);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const model = { source, sha256, classes: config.classes };
  return { version: packageVersion(), model, options, inputSize, compute, shardSize };
}

/** @returns the number of inputs */
async function writeInputs(
  inputs: AsyncIterable<StoredFile>,
  file: string,
  signal?: AbortSignal,
): Promise<number> {
  const handle = await open(file, 'wx');
  try {
    let count = 0;
    let text = '';
    for await (const input of inputs) {
      throwIfAborted(signal);
      text += inputLine(input);
      count++;
      if (text.length < PIECE) continue;
      await handle.appendFile(text);
      text = '';
    }
    await handle.appendFile(text);
    return count;
  } finally {
    await handle.close();
  }
}

async function hashFile(file: string, hash: Hash): Promise<string> {
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return hash.digest('hex');
}

async function* joined(header: string, file: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(header);
  yield* createReadStream(file);
}
