/** `refinedet fleet` without a server. */
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIds } from '../../src/cli/fleet/image-ids.ts';
import { runPart } from '../../src/cli/fleet/run-part.ts';
import { createProgram } from '../../src/cli/program.ts';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import {
  CAT,
  type CliResult,
  FAILURE_LINE,
  runCli,
  startCli,
  temporaryFolder,
  writeRandomModel,
} from './helpers.ts';

const { folder, at, remove } = temporaryFolder();
const DETECTION = ['--model', 'insects.safetensors', '--threshold', '0.3'];
const cli = (...args: string[]) => runCli(args, { cwd: folder });
const output = ({ code, stdout, stderr }: CliResult) => {
  expect({ code, stderr: stderr.match(FAILURE_LINE)?.[0] ?? '' }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

async function plan(images: string, out: string, ...more: string[]): Promise<string> {
  return output(await cli('fleet', 'plan', images, '--out', out, ...DETECTION, ...more)).trim();
}

beforeAll(async () => {
  await writeRandomModel(at('insects.safetensors'));
  mkdirSync(at('photos'));
  for (let i = 1; i <= 12; i++) copyFileSync(CAT, at('photos', `cat${i}.jpg`));
});
afterAll(remove);

describe('refinedet fleet', { timeout: 120_000 }, () => {
  it('computes in floats on request, as detect does', async () => {
    const floats = ['--model', 'nano', '--compute', 'float32'];
    const planned = await cli('fleet', 'plan', CAT, '--out', 'floats', ...floats);
    const manifest = output(planned).trim();
    output(await cli('fleet', 'run', manifest));
    const merged = output(await cli('fleet', 'merge', manifest, '--format', 'jsonl'));
    const detect = async (...options: string[]) =>
      output(await cli('detect', CAT, '--format', 'jsonl', ...options));
    expect(merged).toBe(await detect(...floats));
    expect(merged).not.toBe(await detect('--model', 'nano'));
  });

  it('writes what detect writes, after a death in the middle too', async ({ skip }) => {
    skip(process.platform === 'win32', 'Windows kills differently');
    const manifest = await plan('photos', 'out', '--shard-size', '3');
    expect(manifest).toMatch(/^out\/[0-9a-f]{16}\/manifest\.jsonl$/);
    const shards = () =>
      readdirSync(path.dirname(at(manifest))).filter((name) => /^shard-\d+\.jsonl$/.test(name));
    const child = startCli(['fleet', 'run', manifest, '--workers', '1'], { cwd: folder });
    while (shards().length === 0) await sleep(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    const before = shards().length;
    expect(before).toBeLessThan(4);
    const second = await cli('fleet', 'run', manifest, '--workers', '2');
    expect(output(second)).toBe('');
    expect(second.stderr).toMatch(new RegExp(`^refinedet: ${before} shards? done before\n`));
    expect(second.stderr).toMatch(
      / images in \d shards?, [\d.]+ images\/s; results in out\/\w+\/\n$/,
    );
    // A death between a shard and the removal of its notes leaves the notes, which nobody reads again.
    const names = readdirSync(path.dirname(at(manifest)));
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);

    for (const format of ['jsonl', 'coco']) {
      const merged = output(await cli('fleet', 'merge', manifest, '--format', format));
      const detect = await cli('detect', 'photos', '--format', format, ...DETECTION);
      expect(merged, format).toBe(output(detect));
    }
    const start = performance.now();
    const third = await cli('fleet', 'run', manifest);
    expect(third.stderr).toBe('refinedet: nothing to do: 4 complete shards\n');
    expect(performance.now() - start).toBeLessThan(10_000); // neither a model nor workers are started
    expect(output(await cli('fleet', 'status', manifest, '--json'))).toBe('{"total":4,"done":4}\n');
  });

  it('keeps a bad image as an error line, and reports it at the merge', async () => {
    mkdirSync(at('mixed'));
    for (const name of ['a.jpg', 'c.jpg']) copyFileSync(CAT, at('mixed', name));
    writeFileSync(at('mixed', 'b.jpg'), 'bad');
    const manifest = await plan('mixed', 'mixed-out');
    output(await cli('fleet', 'work', manifest, '--shard', '0/1', '--workers', '1'));
    const failed = JSON.parse(output(await cli('fleet', 'failed', manifest)));
    expect(failed).toMatchObject({
      shard: 0,
      file: path.join('mixed', 'b.jpg'),
      error: { code: 'IMAGE_FORMAT' },
    });
    const merged = await cli('fleet', 'merge', manifest, '--out', 'merged.jsonl');
    expect(merged).toMatchObject({ code: 1, stdout: '' });
    expect(merged.stderr).toMatch(
      /b\.jpg.*\[IMAGE_FORMAT\]\n.*3 images, 1 failed; results in merged\.jsonl\n$/,
    );
    expect(readFileSync(at('merged.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
    const again = await cli('fleet', 'merge', manifest, '--out', 'merged.jsonl');
    expect(again.stderr).toMatch(
      /merged\.jsonl exists already; --force replaces it \[FILE_WRITE\]\n$/,
    );
  });

  it('refuses to merge what is not complete', async () => {
    const manifest = await plan('photos', 'incomplete', '--shard-size', '6');
    output(await cli('fleet', 'work', manifest, '--shard', '1/2'));
    const merged = await cli('fleet', 'merge', manifest, '--out', 'incomplete.jsonl');
    expect(merged).toMatchObject({ code: 1, stdout: '' });
    expect(merged.stderr).toMatch(
      /shard 0 is missing: .*; "fleet run" writes it again \[SHARDS_FAILED\]\n$/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('incomplete.jsonl'))).toEqual([]);
  });

  it('scores a run as eval scores the model', async () => {
    mkdirSync(at('shapes'));
    const data = writeCoco(at('shapes'), await shapesDataset(at('shapes'), 6));
    const model = ['--model', 'insects.safetensors', '--threshold', '0.01'];
    mkdirSync(at('others'));
    const name = readdirSync(at('shapes'), { recursive: true }).find((file) =>
      /\.(png|jpe?g)$/.test(String(file)),
    );
    copyFileSync(CAT, at('others', path.basename(String(name))));
    const planned = await cli(
      'fleet',
      'plan',
      'shapes',
      'others',
      '--recursive',
      '--out',
      'shapes-out',
      ...model,
    );
    const manifest = output(planned).trim();
    output(await cli('fleet', 'run', manifest, '--workers', '1'));
    // The model has other classes: no box of the dataset is found, but every detection is compared.
    const flags = ['--data', data, '--map', 'square=ant,disc=bee', '--json'];
    const scored = JSON.parse(output(await cli('fleet', 'eval', manifest, ...flags)));
    const { speed: _, ...expected } = JSON.parse(
      output(await cli('eval', 'insects.safetensors', ...flags)),
    );
    expect(
      scored.analysis.classes.map(({ detections }: { detections: number }) => detections),
    ).toEqual(
      expected.analysis.classes.map(({ detections }: { detections: number }) => detections),
    );
    expect(scored.images).toBe(6);
  });

  it('ends when it is interrupted, and says how to continue', async ({ skip }) => {
    skip(process.platform === 'win32', 'Windows has no SIGTERM');
    const manifest = await plan('photos', 'stopped', '--shard-size', '2');
    const child = startCli(['fleet', 'run', manifest, '--workers', '1', '--grace', '20s'], {
      cwd: folder,
    });
    const errors = (async () => {
      let text = '';
      for await (const piece of child.stderr) text += piece;
      return text;
    })();
    while (!readdirSync(path.dirname(at(manifest))).some((name) => name.startsWith('shard')))
      await sleep(20);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([143, null]);
    expect(await errors).toMatch(
      /: shards under way may end; .*\n.*interrupted after \d of 6 shards; the same command continues \[ABORTED\]\n$/s,
    );
    rmSync(at('stopped'), { recursive: true });
  });

  it.each([
    [['run', 'absent.jsonl'], /^cannot read absent\.jsonl: the file does not exist$/],
    [['run', 'x', '--detach'], /^--detach needs --redis$/],
    [['run', 'x', '--redis', 'redis://x', '--workers', '2'], /^--workers is for "fleet work"/],
    [['work', 'x'], /^give --redis, or --shard with the part to work on, such as 0\/8$/],
    [
      ['work', 'x', '--redis', 'redis://x', '--shard', '0/2'],
      /'--shard <i\/n>' cannot be used with option '--redis <url>'/,
    ],
    [['work', 'x', '--shard', '0/2', '--lock', '5s'], /^--lock needs --redis$/],
    [['train', 'x', '--lock', '5s'], /^--lock needs --redis$/],
    [['work', 'x', '--shard', '8/8'], /^part 8 of 8 does not exist: parts count from 0$/],
    [['plan', 's3://b/x.jpg', '--out', 'x'], /^s3:\/\/ needs the environment variables AWS_/],
    [['plan', 's3:b/x.jpg', '--out', 'x'], /^no file or folder s3:b\/x\.jpg$/],
    [['plan', CAT, '--out', 'x', '--tiles', '5'], /^--tiles must be/],
    [['status', CAT], /has a line that is not a JSON object/],
    [['train', CAT], /cat\.jpg is not JSON/],
  ] as const)('refuses %j', async (args, message) => {
    const program = createProgram();
    const refused = program.parseAsync(['fleet', ...args], { from: 'user' });
    await expect(refused).rejects.toThrow(message);
  });
});

describe('imageIds', () => {
  const dataset = {
    name: 'places',
    images: ['/d/a.jpg', '/d/b c%.jpg', '/d/x/same.jpg', '/d/y/same.jpg'].map((path, id) => ({
      ...{ id, path },
    })),
  } as unknown as Dataset;
  const found = async (...uris: string[]) => {
    const idOf = await imageIds(
      dataset,
      (async function* () {
        yield* uris;
      })(),
    );
    return uris.map(idOf);
  };

  it('finds images by their path, or else by their name, with escapes and queries', async () => {
    expect(await found('/d/a.jpg', 's3://b/b c%.jpg', '/d/y/same.jpg')).toEqual([0, 1, 3]);
    expect(await found('https://x.test/b%20c%25.jpg?key=a/b', 'https://x.test/a.jpg#1')).toEqual([
      ...[1, 0],
    ]);
    expect(await found('file:///d/b%20c%25.jpg', 'elsewhere/same.jpg', 'other.jpg')).toEqual([
      ...[1, undefined, undefined],
    ]);
  });

  it('lets the path win over the name, in any order', async () => {
    expect(await found('/d/a.jpg', '/e/a.jpg')).toEqual([0, undefined]);
    expect(await found('/c/a.jpg', '/d/a.jpg')).toEqual([undefined, 0]);
  });

  it('refuses two inputs with the name of one image', async () => {
    await expect(found('/c/a.jpg', '/e/a.jpg')).rejects.toMatchObject({
      code: 'PREDICTIONS_FORMAT',
      message: expect.stringContaining('/c/a.jpg and /e/a.jpg'),
    });
  });
});

describe('runPart', () => {
  it.each([
    ['2/8', {}, { index: 2, count: 8 }],
    ['8', { JOB_COMPLETION_INDEX: '3' }, { index: 3, count: 8 }],
    ['0/4', { JOB_COMPLETION_INDEX: '3' }, { index: 0, count: 4 }],
    [
      undefined,
      { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '8' },
      { index: 4, count: 8 },
    ],
    [
      undefined,
      {
        SLURM_ARRAY_TASK_ID: '14',
        SLURM_ARRAY_TASK_MIN: '10',
        SLURM_ARRAY_TASK_STEP: '2',
        SLURM_ARRAY_TASK_COUNT: '11',
      },
      { index: 2, count: 11 },
    ],
    [
      undefined,
      { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '9' },
      { index: 0, count: 9 },
    ],
  ])('reads %j with %j', (word, env, part) => {
    expect(runPart(word, env as Record<string, string>)).toEqual(part);
  });

  it.each([
    [undefined, { JOB_COMPLETION_INDEX: '3' }],
    ['8', {}],
    ['1/0', {}],
    ['a/b', {}],
    ['3', { JOB_COMPLETION_INDEX: '3' }],
  ])('refuses %j with %j', (word, env) => {
    expect(() => runPart(word, env as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
