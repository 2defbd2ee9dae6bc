/** Real processes on a real Redis: deaths, a server that goes and comes, and equal bytes at the end. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPosix } from '../../support/posix.ts';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts';
import { CAT, runCli, startCli, temporaryFolder, writeRandomModel } from '../cli/helpers.ts';

const { folder, at, remove } = temporaryFolder();
let redis: RedisServer;
beforeAll(async () => {
  await writeRandomModel(at('insects.safetensors'));
  mkdirSync(at('photos'));
  for (let i = 1; i <= 40; i++) copyFileSync(CAT, at('photos', `cat${i}.jpg`));
  mkdirSync(at('redis'));
  if (hasRedis) redis = await startRedis(at('redis'));
});
afterAll(async () => {
  await redis?.stop();
  remove();
});

const DETECTION = ['--model', 'insects.safetensors', '--threshold', '0.3'];
const cli = (...args: string[]) => runCli(args, { cwd: folder });

async function plan(out: string): Promise<string> {
  const options = ['--out', out, '--shard-size', '4', ...DETECTION];
  const { stdout, stderr } = await cli('fleet', 'plan', 'photos', ...options);
  expect(stderr).toBe('refinedet: 40 images in 10 shards\n');
  return stdout.trim();
}

/** Files of complete shards by name. */
function shards(manifest: string): Record<string, string> {
  const place = path.dirname(at(manifest));
  const names = readdirSync(place).filter((name) => /^shard-\d+\.jsonl$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(path.join(place, name), 'utf8')]),
  );
}

/** Starts a command of a fleet; `end` has its exit code and what it said. */
function start(...args: string[]) {
  const child: ChildProcessWithoutNullStreams = startCli(['fleet', ...args, '--redis', redis.url], {
    cwd: folder,
  });
  child.stdout.resume();
  const end = Promise.all([once(child, 'close'), text(child.stderr)]).then(
    ([[code, signal], stderr]) => ({ code: code ?? signal, stderr }),
  );
  return { child, end };
}

describe.skipIf(!hasRedis || !isPosix)('a fleet', { timeout: 180_000 }, () => {
  it('survives a death and a restart of Redis, with the bytes of one machine', async () => {
    const manifest = await plan('fleet');
    const producer = start('run', manifest);
    const work = ['work', manifest, '--workers', '1', '--lock', '2s'];
    const workers = [0, 1, 2].map(() => start(...work));
    while (Object.keys(shards(manifest)).length < 2) await sleep(20);
    workers[0].child.kill('SIGKILL');
    await redis.stop();
    await sleep(300);
    await redis.start();
    const [first, ...others] = await Promise.all(workers.map(({ end }) => end));
    expect(first.code).toBe('SIGKILL');
    expect(others.map(({ code, stderr }) => [code, stderr.match(/\[\w+\]/)])).toEqual([
      [0, null],
      [0, null],
    ]);
    const { code, stderr } = await producer.end;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/all machines together: .* images\/s/),
    });

    const alone = await plan('alone');
    expect((await cli('fleet', 'run', alone, '--quiet')).code).toBe(0);
    expect(shards(manifest)).toEqual(shards(alone));
    const merged = await cli('fleet', 'merge', manifest);
    const detected = await cli('detect', 'photos', '--format', 'jsonl', ...DETECTION);
    expect(merged.stdout).toBe(detected.stdout);
    expect(merged.stdout.split('\n')).toHaveLength(41);

    const again = await cli('fleet', 'run', manifest, '--redis', redis.url);
    expect(again.stderr).toBe('refinedet: nothing to do: 10 complete shards\n');
  });

  it('releases its shards at SIGTERM, and is counted, canceled and continued', async () => {
    const manifest = await plan('stopped');
    await start('run', manifest, '--detach').end;
    const worker = start('work', manifest, '--workers', '2', '--grace', '50ms');
    while (Object.keys(shards(manifest)).length === 0) await sleep(20);
    worker.child.kill('SIGTERM');
    const { code, stderr } = await worker.end;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/ images in \d shards?/),
    });
    const status = async () => {
      const { stdout } = await cli('fleet', 'status', manifest, '--redis', redis.url, '--json');
      return JSON.parse(stdout);
    };
    const done = Object.keys(shards(manifest)).length;
    const left = { done, active: 0, delayed: 0, failed: 0, waiting: 10 - done };
    expect(await status(), stderr).toMatchObject(left);
    const canceled = await cli('fleet', 'cancel', manifest, '--redis', redis.url);
    expect(canceled.stdout).toBe(`canceled after ${done} of 10 shards; "fleet run" continues\n`);
    expect(await status()).toMatchObject({ waiting: 0, canceled: true });
    expect((await start('work', manifest, '--workers', '1').end).code).toBe(0);
    expect(Object.keys(shards(manifest))).toHaveLength(done);
  });
});
