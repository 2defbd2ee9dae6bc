import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import { mergeManifest } from '../../src/fleet/merge-shards.ts';
import { runWith } from '../../src/fleet/run-shards.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { collect, fakeRun, fakeStart, fleetFolder } from './helpers.ts';

let world: Awaited<ReturnType<typeof fleetFolder>>;
beforeAll(async () => {
  world = await fleetFolder();
});
afterAll(() => world.remove());
afterEach(() => rmSync(world.at('out'), { recursive: true, force: true }));

/** Runs with two workers; counts the images that were detected in. */
async function run(uri: string, options = {}, detect: Runner['run'] = fakeRun) {
  const files: string[] = [];
  const start = fakeStart((job, signal) => {
    files.push(path.basename(job.file));
    return detect(job, signal);
  });
  const summary = await runWith(uri, { workers: 2, ...options }, { start });
  return { ...summary, files };
}

const merged = async (uri: string) => (await collect(mergeManifest(uri))).map(({ line }) => line);

describe('runManifest', () => {
  it('writes sealed shards in the order of the inputs', async () => {
    const { uri } = await world.plan(world.images(8));
    expect(await run(uri)).toMatchObject({ shards: 3, missing: 3, written: 3, failed: [] });
    const names = readdirSync(path.dirname(uri)).sort();
    expect(names).toEqual(['manifest.jsonl', ...[0, 1, 2].map((i) => `shard-0000${i}.jsonl`)]);
    expect((await merged(uri)).map((line) => path.basename(JSON.parse(line).file))).toEqual(
      Array.from({ length: 8 }, (_, i) => `${i + 1}.png`),
    );
    expect(world.lines(world.shard(uri, 2))).toHaveLength(3);
  });

  it('continues where it stopped: only missing and damaged shards', async () => {
    const { uri } = await world.plan(world.images(12));
    await run(uri);
    const before = await merged(uri);
    expect(await run(uri)).toMatchObject({ missing: 0, written: 0, files: [] });
    rmSync(world.shard(uri, 1));
    const other = readFileSync(world.shard(uri, 2), 'utf8');
    writeFileSync(world.shard(uri, 2), other.replace('0.5', '0.6')); // as long as before
    writeFileSync(world.shard(uri, 3), readFileSync(world.shard(uri, 3)).subarray(0, -1));
    writeFileSync(world.shard(uri, 0), readFileSync(world.shard(uri, 0), 'utf8'));
    const second = await run(uri);
    expect(second).toMatchObject({ missing: 3, written: 3, images: 9 });
    expect(second.files.sort()).toEqual(
      [4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => `${n}.png`).sort(),
    );
    expect(await merged(uri)).toEqual(before);
  });

  it('gives the same bytes with any number of workers and in parts', async () => {
    const { uri } = await world.plan(world.images(10));
    const bytes = () => [0, 1, 2, 3].map((i) => readFileSync(world.shard(uri, i), 'utf8'));
    await run(uri, { workers: 3 });
    const whole = bytes();
    for (const i of [0, 1, 2, 3]) rmSync(world.shard(uri, i));
    expect((await run(uri, { part: { index: 1, count: 2 } })).shards).toBe(2);
    expect(existsSync(world.shard(uri, 0))).toBe(false);
    await run(uri, { part: { index: 0, count: 2 }, workers: 1 });
    expect(bytes()).toEqual(whole);
  });

  it('makes a bad image an error line, and counts it', async () => {
    const files = world.images(4);
    const { uri } = await world.plan(files);
    rmSync(files[1]);
    writeFileSync(files[2], 'changed');
    const codes: (string | undefined)[] = [];
    const image = ({ code }: { code?: string }) => void codes.push(code);
    const detect: Runner['run'] = async (job) => {
      if (!job.file.endsWith('4.png')) return fakeRun(job);
      throw new RefineDetError('IMAGE_CORRUPT', 'cut off');
    };
    expect(await run(uri, { image }, detect)).toMatchObject({ written: 2, failed: [] });
    const errors = (await merged(uri)).map((line) => JSON.parse(line).error?.code);
    expect(errors).toEqual([undefined, 'FILE_NOT_FOUND', 'INPUT_CHANGED', 'IMAGE_CORRUPT']);
    expect(codes.filter((code) => code !== undefined).sort()).toEqual(errors.slice(1).sort());
  });

  it('tries an image again after a crash, then makes it an error line', async () => {
    const { uri } = await world.plan(world.images(3));
    const crashes = new Map<string, number>();
    const detect: Runner['run'] = async (job) => {
      const name = path.basename(job.file);
      const before = crashes.get(name) ?? 0;
      crashes.set(name, before + 1);
      if (name === '1.png' && before === 0) throw new RefineDetError('WORKER_CRASHED', 'once');
      if (name === '2.png') throw new RefineDetError('WORKER_CRASHED', 'always');
      return fakeRun(job);
    };
    expect(await run(uri, {}, detect)).toMatchObject({ failed: [] });
    expect((await merged(uri)).map((line) => JSON.parse(line).error?.message)).toEqual([
      ...[undefined, 'always', undefined],
    ]);
    expect([...crashes]).toEqual(
      expect.arrayContaining([
        ['1.png', 2],
        ['2.png', 2],
        ['3.png', 1],
      ]),
    );
  });

  it('reads notes of earlier deaths, and blames the image that was there at two of them', async () => {
    const { uri } = await world.plan(world.images(3));
    const notes = path.join(path.dirname(uri), 'shard-0.journal.json');
    writeFileSync(notes, JSON.stringify({ starts: 4, at: 1, suspects: [1] }));
    const { files } = await run(uri);
    expect(files).toEqual(['1.png', '3.png']);
    const codes = (await merged(uri)).map((line) => JSON.parse(line).error?.code);
    expect(codes).toEqual([undefined, 'WORKER_CRASHED', undefined]);
    expect(existsSync(notes)).toBe(false);
  });

  it('starts another pool when all workers have given up', async () => {
    const { uri } = await world.plan(world.images(3));
    let pools = 0;
    const start = async () => {
      const pool = ++pools;
      const detector = { isAlive: pool > 1, heapBytes: 0, dispose: async () => {} };
      const detect: Runner['run'] = async (job) => {
        if (pool > 1) return fakeRun(job);
        throw new RefineDetError('WORKER_CRASHED', 'no other worker is started');
      };
      return { detector: detector as unknown as Runner['detector'], run: detect };
    };
    await runWith(uri, { workers: 1 }, { start });
    expect(pools).toBe(2);
    expect((await merged(uri)).filter((line) => line.includes('error'))).toEqual([]);
  });

  it('tries a shard again with growing pauses, then reports it and does the others', async () => {
    const { uri } = await world.plan(world.images(6));
    const attempts: number[] = [];
    const detect: Runner['run'] = async (job) => {
      if (!job.file.endsWith('1.png')) return fakeRun(job);
      attempts.push(performance.now());
      throw new RefineDetError('OUT_OF_MEMORY', 'memory has run out');
    };
    const summary = await run(uri, {}, detect);
    expect(summary).toMatchObject({
      written: 1,
      failed: [{ index: 0, reason: 'memory has run out' }],
    });
    const pauses = attempts.slice(1).map((time, i) => time - attempts[i]);
    expect(pauses).toHaveLength(3);
    for (const [i, least] of [900, 1900, 3900].entries()) expect(pauses[i]).toBeGreaterThan(least);
    await expect(merged(uri)).rejects.toThrow(/^shard 0 is missing/);
  });

  it('stops taking shards when it is stopped, and gives up those under way after the grace', async () => {
    const { uri } = await world.plan(world.images(9));
    const controller = new AbortController();
    const outcomes: string[] = [];
    const detect: Runner['run'] = (job, signal) =>
      new Promise((resolve, reject) => {
        const abort = () => reject(new RefineDetError('ABORTED', 'aborted'));
        if (job.file.endsWith('/1.png')) signal!.addEventListener('abort', abort);
        else setTimeout(() => resolve(fakeRun(job)), 10);
        controller.abort();
      });
    const options = { signal: controller.signal, grace: 300 };
    const shard = (outcome: string) => void outcomes.push(outcome);
    await run(uri, { ...options, shard }, detect);
    // The second shard was under way too, and ended within the grace.
    expect(outcomes).toEqual(['written', 'released']);
    expect(existsSync(world.shard(uri, 2))).toBe(false);
    expect(await run(uri)).toMatchObject({ missing: 2, written: 2 });
  });

  it('refuses a manifest that was changed before it writes anything', async () => {
    const options = { options: { scoreThreshold: 0.3 } };
    const { uri } = await world.plan(world.images(6), options);
    const text = readFileSync(uri, 'utf8');
    const lines = text.split('\n');
    for (const changed of [
      text.replace('1.png', '7.png'),
      text.replace('"scoreThreshold":0.3', '"scoreThreshold":0.9'),
      lines.slice(0, 5).join('\n'),
      `${text}${lines[1]}\n`,
    ]) {
      writeFileSync(uri, changed);
      await expect(run(uri)).rejects.toThrow(/has been changed/);
      expect(readdirSync(path.dirname(uri))).toEqual(['manifest.jsonl']);
    }
  });

  it('refuses another version and another model', async () => {
    const { uri } = await world.plan(world.images(1));
    const other = world.at('other.safetensors');
    writeFileSync(other, readFileSync(world.model).subarray(0, -1));
    await expect(run(uri, { model: other })).rejects.toThrow(
      /is not the one of the run: its SHA-256/,
    );
    const text = readFileSync(uri, 'utf8').replace(/"version":"[^"]*"/, '"version":"0.0.1"');
    writeFileSync(uri, text);
    await expect(run(uri)).rejects.toMatchObject({
      code: 'FLEET_MISMATCH',
      message: expect.stringMatching(/planned by refinedet 0\.0\.1, this is/),
    });
  });

  it.each([
    ['', /has a line that is not a JSON object: ""/],
    ['{"manifest":1}\n', /its first line must be the header/],
    ['{"uri":"a.jpg"}\n', /its first line must be the header/],
    ['nonsense\n', /has a line that is not a JSON object/],
  ])('refuses the manifest %j', async (text, message) => {
    writeFileSync(world.at('wrong.jsonl'), text);
    await expect(run(world.at('wrong.jsonl'))).rejects.toThrow(message);
  });
});

describe('mergeManifest', () => {
  it('names what is wrong with a shard', async () => {
    const { uri } = await world.plan(world.images(6));
    await run(uri);
    const file = world.shard(uri, 1);
    const good = readFileSync(file, 'utf8');
    const damages: [string, RegExp][] = [
      [good.replace('0.5', '0.6'), /does not have the SHA-256 of its seal/],
      [good.slice(0, 100), /its last line is not the seal of a shard/],
      ['', /its last line is not the seal of a shard/],
      [readFileSync(world.shard(uri, 0), 'utf8'), /it is shard 0 of run/],
    ];
    for (const [text, message] of damages) {
      writeFileSync(file, text);
      await expect(merged(uri)).rejects.toThrow(message);
    }
    writeFileSync(file, good);
    expect(await merged(uri)).toHaveLength(6);
  });

  it('notices a manifest whose inputs were changed', async () => {
    const options = { options: { scoreThreshold: 0.3 } };
    const { uri } = await world.plan(world.images(2), options);
    await run(uri);
    const text = readFileSync(uri, 'utf8');
    for (const [old, other] of [
      ['1.png', '7.png'],
      ['"size":', '"size" :'],
      ['"scoreThreshold"', '"x"'],
    ]) {
      writeFileSync(uri, text.replace(old, other));
      await expect(merged(uri)).rejects.toThrow(/has been changed/);
    }
  });
});
