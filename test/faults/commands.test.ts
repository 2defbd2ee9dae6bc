/** Files that the command line leaves when it is killed, or when files and disks fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VOC_CLASSES } from '../../src/labels.ts';
import { readModel, writeModel } from '../../src/weights/model-file.ts';
import { presetModel } from '../../support/models/preset-model.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import {
  CAT,
  cliCommand,
  FAILURE_LINE,
  runCli,
  startCli,
  temporaryFolder,
  writeRandomModel,
} from '../cli/helpers.ts';

const { folder, at, remove } = temporaryFolder();
const SMALL = at('small.safetensors');
const SMALL_MODEL = ['--model', SMALL, '--threshold', '0.05'];
const TRAINING = ['--data', at('shapes.json'), '--batch', '2', '--steps', '1', '--quiet'];
/** 138 MB: writing takes long enough to be killed in between. */
const LARGE = at('large.safetensors');

beforeAll(async () => {
  await writeRandomModel(SMALL);
  writeFileSync(
    LARGE,
    await writeModel(presetModel('refinedet320-vgg16', { classes: VOC_CLASSES })),
  );
});
afterAll(remove);

beforeEach(() => mkdirSync(at('out')));
afterEach(() => rmSync(at('out'), { recursive: true }));

describe.each([
  ['convert', 'model.safetensors'],
  ['export', 'model.onnx'],
])('%s killed while it writes', (command, name) => {
  const target = at('out', name);

  it.each([
    ['an absent file', undefined],
    ['an existing file', 'precious'],
  ])('leaves %s unchanged, and can be repeated', async (_, before) => {
    if (before) writeFileSync(target, before);
    const args = [command, LARGE, target, '--force'];
    const child = startCli(args);
    const begun = new Promise<void>((resolve) => {
      const watcher = watch(at('out'), (_event, file) => {
        if (!file?.endsWith('.tmp')) return;
        watcher.close();
        resolve();
      });
    });
    await begun;
    child.kill('SIGKILL');
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    expect(existsSync(target) ? readFileSync(target, 'utf8') : undefined).toBe(before);
    expect(readdirSync(at('out')).filter((file) => file !== name)).toEqual([
      expect.stringMatching(/\.tmp$/),
    ]);
    const { code } = await runCli(args);
    expect(code).toBe(0);
    expect(statSync(target).size).toBeGreaterThan(100e6);
    if (command === 'convert') await readModel(readFileSync(target));
  });
});

describe('a disk', () => {
  it.skipIf(process.platform === 'win32').each([
    ['convert', ['convert', LARGE, at('out/model.safetensors')]],
    ['export', ['export', LARGE, at('out/model.onnx')]],
    ['detect --save', ['detect', CAT, ...SMALL_MODEL, '--save', at('out')]],
  ])('that is full ends %s with one sentence and no partial file', async (_, args) => {
    // A limit on file sizes simulates a full disk: 8 blocks of 1,024 bytes.
    const child = spawn('bash', ['-c', 'ulimit -f 8; exec "$@"', 'bash', ...cliCommand(args)]);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/cannot be written: .* \[FILE_WRITE\]/);
    expect(readdirSync(at('out'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('that is full ends results on stdout', async () => {
    const args = ['detect', CAT, ...SMALL_MODEL, '--format', 'jsonl'];
    const redirected = ['-c', 'exec "$@" > /dev/full', 'bash', ...cliCommand(args)];
    const child = spawn('bash', redirected);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/the standard output cannot be written: .*ENOSPC.* \[FILE_WRITE\]/);
  });

  it.skipIf(process.platform !== 'linux')('that is read-only is reported', async () => {
    const { code, stderr } = await runCli(['convert', SMALL, '/sys/model.safetensors']);
    expect(code).toBe(1);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/\/sys\/model\.safetensors cannot be written: .* \[FILE_WRITE\]/);
  });

  // The superuser may write everywhere.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0).each([
    ['convert', ['convert', SMALL, at('locked/model.safetensors')]],
    ['export', ['export', SMALL, at('locked/model.onnx')]],
    ['detect --out', ['detect', CAT, ...SMALL_MODEL, '--out', at('locked')]],
    ['detect --out, a new folder', ['detect', CAT, ...SMALL_MODEL, '--out', at('locked/new')]],
    ['train --out', ['train', ...TRAINING, '--out', at('locked')]],
  ])('without write permission for the folder ends %s with one sentence', async (_, args) => {
    writeCoco(folder, await shapesDataset(folder, 2));
    mkdirSync(at('locked'), { recursive: true });
    chmodSync(at('locked'), 0o555);
    const { code, stderr } = await runCli(args);
    expect(code).toBe(1);
    // Training may print a note about its data.
    const complaints = stderr.replaceAll(/^refinedet: warning: .*\n/gm, '');
    expect(complaints).toMatch(FAILURE_LINE);
    expect(complaints).toMatch(/locked\S* cannot be written: permission denied \[FILE_WRITE\]/);
    expect(readdirSync(at('locked'))).toEqual([]);
  });
});

describe('a folder that changes during a run', () => {
  it('loses only the images that vanish or break, with one line each', async () => {
    mkdirSync(at('changing'));
    const names = Array.from({ length: 60 }, (_, i) => `${i}.jpg`);
    for (const name of names) copyFileSync(CAT, at('changing', name));
    const args = ['detect', at('changing'), ...SMALL_MODEL, '--format', 'jsonl', '--threads', '1'];
    const child = startCli(args);
    const stderr = text(child.stderr);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      if (stdout === '') {
        rmSync(at('changing/57.jpg'));
        writeFileSync(at('changing/58.jpg'), readFileSync(CAT).subarray(0, 5000));
        writeFileSync(at('changing/59.jpg'), '');
      }
      stdout += piece;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).file)).toEqual(
      names.slice(0, 57).map((name) => at('changing', name)),
    );
    const complaints = (await stderr).trimEnd().split('\n').slice(0, 3);
    expect(complaints.map((line) => /(\d+\.jpg).* \[(\w+)\]$/.exec(line)?.slice(1))).toEqual([
      ['57.jpg', 'FILE_NOT_FOUND'],
      ['58.jpg', 'IMAGE_CORRUPT'],
      ['59.jpg', 'IMAGE_EMPTY'],
    ]);
  });
});
