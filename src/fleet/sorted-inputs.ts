/**
 * Sorts inputs of any number by URI, in natural order (`frame2` before `frame10`), each once: up to
 * 200,000 in memory, more as sorted runs in files, which are then merged (external merge sort).
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { byteLines } from './byte-lines.ts';
import type { StoredFile } from './storage/store.ts';

/** Inputs of a run: about 100 MB of strings and objects. */
const RUN_LENGTH = 200_000;

const collator = new Intl.Collator('en', { numeric: true });

/** The order of `detect` within a folder; texts that are equal for a reader are ordered by their bytes. */
export function compareUris(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}

const compare = (a: StoredFile, b: StoredFile): number => compareUris(a.uri, b.uri);

/** A sorted sequence, advanced piece by piece. */
interface Run {
  head: StoredFile;
  rest: Iterator<StoredFile>;
  more: AsyncIterator<StoredFile[]>;
}

/** @param runLength inputs that are sorted in memory */
export async function* sortedInputs(
  inputs: AsyncIterable<StoredFile> | Iterable<StoredFile>,
  runLength = RUN_LENGTH,
): AsyncGenerator<StoredFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'refinedet-plan-'));
  try {
    const files: string[] = [];
    let batch: StoredFile[] = [];
    for await (const input of inputs) {
      batch.push(input);
      if (batch.length < runLength) continue;
      files.push(path.join(folder, `${files.length}.jsonl`));
      await writeFile(files.at(-1)!, jsonLines(batch.sort(compare)));
      batch = [];
    }
    const last = batch.sort(compare);
    const all = files.length === 0 ? last : merged([...files.map(readRun), listed(last)]);
    let previous: string | undefined;
    for await (const input of all) {
      if (input.uri !== previous) yield input;
      previous = input.uri;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lines in pieces, because a single text of a run would be larger than strings should be. */
function* jsonLines(inputs: readonly StoredFile[]): Generator<string> {
  for (let from = 0; from < inputs.length; from += 1000) {
    const lines = inputs.slice(from, from + 1000).map((input) => `${JSON.stringify(input)}\n`);
    yield lines.join('');
  }
}

async function* readRun(file: string): AsyncGenerator<StoredFile[]> {
  for await (const lines of byteLines(createReadStream(file))) {
    yield lines.map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as StoredFile);
  }
}

async function* listed(inputs: StoredFile[]): AsyncGenerator<StoredFile[]> {
  yield inputs;
}

/** The runs are kept sorted by their heads: the first has the next input. */
async function* merged(runs: AsyncGenerator<StoredFile[]>[]): AsyncGenerator<StoredFile> {
  const open: Run[] = [];
  for (const more of runs) {
    const run = await advanced({ rest: [].values(), more });
    if (run) insert(open, run);
  }
  for (let first = open.shift(); first; first = open.shift()) {
    yield first.head;
    const next = await advanced(first);
    if (next) insert(open, next);
  }
}

async function advanced({ rest, more }: Omit<Run, 'head'>): Promise<Run | undefined> {
  let current = rest;
  for (;;) {
    const { done, value } = current.next();
    if (!done) return { head: value, rest: current, more };
    const batch = await more.next();
    if (batch.done) return undefined;
    current = batch.value.values();
  }
}

function insert(open: Run[], run: Run): void {
  let low = 0;
  let high = open.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(open[middle].head, run.head) < 0) low = middle + 1;
    else high = middle;
  }
  open.splice(low, 0, run);
}
