/** Collections in shards: the queue alone, planning, and the embedded run beside `detect`. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { planManifest } from '../../src/fleet/plan-run.ts';
import { sealedShard } from '../../src/fleet/shard-file.ts';
import { drain, memoryImages } from '../../support/noop-fleet.ts';
import { hasRedis, startRedis } from '../../support/redis.ts';
import { EXAMPLE } from '../example.ts';
import { type Samples, summarizeRounds } from '../harness.ts';
import { requireBuild } from '../programs.ts';
import { CLI } from '../server.ts';
import { type Group, type RunOptions, type Suite, single } from '../suite.ts';

const WORKERS = ['--workers', '2', '--quiet'];
const MB = 1e6;

export const suite: Suite = {
  title: 'A fleet',
  about:
    'Images per second through one Redis with a detector that computes nothing, at 500 images a shard and with tiny shards; ' +
    'seconds and memory of `fleet plan` for a list of URIs; `fleet run --workers 2` beside `detect --workers 2` on one folder, ' +
    'with the start of the programs; and a second `fleet run` of a finished manifest.',
  async run(options) {
    requireBuild();
    const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-fleet-'));
    try {
      const brief = options.roundMs < 100;
      return [
        ...(hasRedis ? await queueGroups(folder, brief) : []),
        ...(await planGroups(folder, brief)),
        await folderGroup(folder, options, brief),
        await finishedGroup(folder, options, brief),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function queueGroups(folder: string, brief: boolean): Promise<Group[]> {
  mkdirSync(path.join(folder, 'redis'));
  const redis = await startRedis(path.join(folder, 'redis'));
  const groups: Group[] = [];
  for (const [images, shardSize] of brief
    ? [[1000, 500]]
    : [
        [1_000_000, 500],
        [1_000_000, 10],
      ]) {
    const plan = await planManifest(memoryImages(images), {
      dest: path.join(folder, 'queue'),
      shardSize,
    });
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 100);
    const speed = images / (await drain(plan.uri, redis.url));
    clearInterval(watch);
    const note = `${plan.shards} shards, at most ${Math.round(peak / MB)} MB`;
    const title = `through one Redis, ${shardSize} images a shard`;
    groups.push({ title, unit: 'images/s', cases: [single('no detector', speed, speed, note)] });
  }
  await redis.stop();
  return groups;
}

async function planGroups(folder: string, brief: boolean): Promise<Group[]> {
  const count = brief ? 1000 : 1_000_000;
  const args = [CLI, 'fleet', 'plan', '-', '--out', path.join(folder, 'planned')];
  const start = performance.now();
  // GNU time is not everywhere: the process reports its own peak.
  const report = `data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))`;
  const child = spawn(process.execPath, ['--import', report, ...args]);
  const errors: string[] = [];
  child.stderr.on('data', (text) => errors.push(String(text)));
  child.stdout.resume();
  const lines = function* () {
    for (const { uri } of memoryImages(count)) yield `${uri}\n`;
  };
  await Promise.all([pipeline(Readable.from(lines()), child.stdin), once(child, 'close')]);
  const ms = performance.now() - start;
  const kilobytes = Number(errors.join('').trim().split('\n').at(-1));
  const title = `fleet plan of ${count} URIs`;
  return [
    { title: `${title}, time`, unit: 'ms', cases: [single('fleet plan', ms, ms)] },
    {
      title: `${title}, memory at most`,
      unit: 'MB',
      cases: [single('fleet plan', (kilobytes * 1024) / MB, (kilobytes * 1024) / MB)],
    },
  ];
}

async function folderGroup(folder: string, { rounds }: RunOptions, brief: boolean): Promise<Group> {
  const count = brief ? 4 : 200;
  const photos = path.join(folder, 'photos');
  mkdirSync(photos);
  for (let i = 0; i < count; i++) copyFileSync(EXAMPLE, path.join(photos, `${i}.jpg`));
  const samples: Samples[] = [[], []];
  const time = (args: readonly string[]) => {
    const start = performance.now();
    execFileSync(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    return (performance.now() - start) / count;
  };
  for (let round = 0; round < rounds; round++) {
    samples[0].push([time(['detect', photos, '--format', 'jsonl', ...WORKERS])]);
    const dest = path.join(folder, `run${round}`);
    const plan = ['fleet', 'plan', photos, '--out', dest, '--shard-size', '50'];
    execFileSync(process.execPath, [CLI, ...plan], { stdio: 'ignore' });
    const manifest = path.join(dest, readdirSync(dest)[0], 'manifest.jsonl');
    samples[1].push([time(['fleet', 'run', manifest, ...WORKERS])]);
  }
  const cases = summarizeRounds(['detect --workers 2', 'fleet run --workers 2'], samples);
  return { title: `${count} images of a folder`, unit: 'ms', cases };
}

async function finishedGroup(
  folder: string,
  { rounds }: RunOptions,
  brief: boolean,
): Promise<Group> {
  const shards = brief ? 10 : 1000;
  const dest = path.join(folder, 'finished');
  const { uri, run } = await planManifest(memoryImages(shards * 500), { dest });
  const box = { x: 73.02, y: 16.65, width: 268.31, height: 281.2 };
  const detections = Array(3).fill({ label: 'cat', classId: 7, score: 0.9981, box });
  const line = `${JSON.stringify({ file: 'photo.jpg', width: 500, height: 375, detections })}\n`;
  for (let shard = 0; shard < shards; shard++) {
    const file = path.join(path.dirname(uri), `shard-${String(shard).padStart(5, '0')}.jsonl`);
    writeFileSync(file, sealedShard(run, shard, Array(500).fill(line)));
  }
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    execFileSync(process.execPath, [CLI, 'fleet', 'run', uri], { stdio: 'ignore' });
    return [performance.now() - start];
  });
  return {
    title: `a second fleet run of ${shards} finished shards`,
    unit: 'ms',
    cases: summarizeRounds(['fleet run'], [times]),
  };
}
