/** Runs of shards with a detector that computes nothing, in a temporary folder. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describedInputs } from '../../src/fleet/input-list.ts';
import { type PlanOptions, planManifest } from '../../src/fleet/plan-run.ts';
import type { WorkerSetup } from '../../src/fleet/shard-worker.ts';
import { Storage } from '../../src/fleet/storage/storage.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { temporaryFolder, writeRandomModel } from '../cli/helpers.ts';
import { png, writeTree } from '../datasets/tree.ts';

/** A temporary folder with a model; `file` names are relative to it. */
export async function fleetFolder() {
  const folder = temporaryFolder();
  const model = folder.at('model.safetensors');
  await writeRandomModel(model);
  const planned = (inputs: Parameters<typeof planManifest>[0], options: Partial<PlanOptions>) =>
    planManifest(inputs, { ...{ dest: folder.at('out'), model, shardSize: 3 }, ...options });
  return {
    ...folder,
    model,
    /** Writes small images `1.png` … and returns their paths. */
    images(count: number): string[] {
      const names = Array.from({ length: count }, (_, i) => `photos/${i + 1}.png`);
      writeTree(folder.folder, Object.fromEntries(names.map((name, i) => [name, png(20, 10, i)])));
      return names.map((name) => folder.at(name));
    },
    plan: (files: readonly string[], options: Partial<PlanOptions> = {}) =>
      planned(describedInputs(files, new Storage()), options),
    planned,
    lines: (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n'),
    shard: (uri: string, index: number) => path.join(path.dirname(uri), `shard-0000${index}.jsonl`),
  };
}

/** "Detects" one box whose place depends on the bytes, so that a wrong or stale image shows. */
export async function fakeRun({ bytes }: Parameters<Runner['run']>[0]) {
  const [x, y] = createHash('sha256').update(bytes).digest();
  const box = { x, y, width: 1, height: 1 };
  return { width: 300, height: 300, detections: [{ label: 'ant', classId: 0, score: 0.5, box }] };
}

/** Starts a runner that runs `run` in this thread. */
export function fakeStart(run: Runner['run'] = fakeRun): NonNullable<WorkerSetup['start']> {
  const detector = { heapBytes: 0, dispose: async () => {} } as unknown as Runner['detector'];
  return async () => ({ detector, run });
}

/** All items of an iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
