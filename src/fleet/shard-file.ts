/**
 * The file of a shard: a JSON line for each input, in their order, and a last line with their number
 * and the SHA-256 of all bytes before it, so that both come and go with the lines.
 */
import { createHash } from 'node:crypto';
import { isRecord, parseJson } from '../json.ts';
import type { Manifest } from './manifest.ts';

/** The last line. */
interface Seal {
  run: string;
  shard: number;
  lines: number;
  sha256: string;
}

/** @param lines each with its end of line */
export function sealedShard(run: string, shard: number, lines: readonly string[]): Uint8Array {
  const body = Buffer.from(lines.join(''));
  const seal: Seal = { run, shard, lines: lines.length, sha256: sha256(body) };
  return Buffer.concat([body, Buffer.from(`${JSON.stringify(seal)}\n`)]);
}

/** Lines of a shard without their ends, or the reason why the file is damaged. */
export type ReadShard = { lines: string[] } | { damage: string };

/** Checks that a file is complete and belongs to the run. */
export function readShard(bytes: Uint8Array, manifest: Manifest, index: number): ReadShard {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = file.lastIndexOf('\n', -2) + 1;
  const seal = sealOf(file.subarray(start).toString());
  if (!seal) return { damage: 'its last line is not the seal of a shard: the file is truncated' };
  const { run } = manifest.header;
  if (seal.run !== run || seal.shard !== index) {
    return { damage: `it is shard ${seal.shard} of run ${seal.run}` };
  }
  const body = file.subarray(0, start);
  if (sha256(body) !== seal.sha256)
    return { damage: 'its content does not have the SHA-256 of its seal' };
  const lines = body.toString().split('\n').slice(0, -1);
  const expected = manifest.sizeOf(index);
  if (lines.length === seal.lines && lines.length === expected) return { lines };
  return { damage: `it has ${lines.length} of ${expected} lines` };
}

function sealOf(text: string): Seal | undefined {
  if (!text.endsWith('\n')) return undefined;
  try {
    const seal = parseJson(text);
    if (isRecord(seal) && typeof seal['sha256'] === 'string') return seal as unknown as Seal;
  } catch {
    // not JSON
  }
  return undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
