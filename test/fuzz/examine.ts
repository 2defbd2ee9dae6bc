/** The oracle: an input gives a value or a RefineDetError, in limited time and memory, without side effects. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RefineDetError } from '../../src/errors.ts';
import { filesTouchedBy } from './file-guard.ts';
import type { FuzzTarget } from './target.ts';

/** Limit of processor time over all threads, which other work on the machine does not affect. */
const MAX_SECONDS = 2;

const MEMORY = (size: number) => 32 * 2 ** 20 + 100 * size;

/** `value`, or the code of the error. */
export type Outcome = string;

const PROTOTYPES = [Object, Array, Function, Map, Set, String, Number, Uint8Array].map(
  (type) => type.prototype as object,
);
const ownKeys = () => PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length).join();
const CLEAN = ownKeys();

/** @throws Error that describes what the target did wrong */
export async function examine(target: FuzzTarget, input: Uint8Array): Promise<Outcome> {
  const { memory = MEMORY } = target;
  const given = input.slice();
  const cpu = process.cpuUsage();
  let before = memoryInUse();
  let outcome = await outcomeOf(target, given);
  const { user, system } = process.cpuUsage(cpu);
  if ((user + system) / 1e6 > MAX_SECONDS) {
    throw new Error(`${(user + system) / 1e6} s of processor time for ${input.length} bytes`);
  }
  if (memoryInUse() - before > memory(input.length)) {
    // Garbage of earlier inputs affects the measurement: measures again after a collection.
    collectGarbage();
    before = memoryInUse();
    outcome = await outcomeOf(target, given);
    const cost = memoryInUse() - before;
    if (cost > memory(input.length)) throw new Error(`${cost} bytes for ${input.length} bytes`);
  }
  if (ownKeys() !== CLEAN) throw new Error('a built-in prototype has a new property');
  if (Buffer.compare(given, input) !== 0) throw new Error('the input was changed');
  return outcome;
}

async function outcomeOf(target: FuzzTarget, input: Uint8Array): Promise<Outcome> {
  const read = async () => {
    try {
      await target.read(input);
      return 'value';
    } catch (error) {
      if (!(error instanceof RefineDetError) || error.code === 'UNEXPECTED') throw error;
      return error.code;
    }
  };
  if (!target.folder) return read();
  const { result, files } = await filesTouchedBy(read, target.folder());
  if (files.length > 0) throw new Error(`files outside the folder: ${files.join(', ')}`);
  return result;
}

function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
