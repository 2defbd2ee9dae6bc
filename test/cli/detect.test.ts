import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImageHeader } from '../../src/image/header.ts';
import { isPosix } from '../../support/posix.ts';
import {
  ASTRONAUT,
  CAT,
  FAILURE_LINE,
  runCli,
  startCli,
  temporaryFolder,
  writeRandomModel,
} from './helpers.ts';

const temporary = temporaryFolder();
const { folder, at } = temporary;
const MODEL = ['--model', at('model.safetensors')];

const detect = (...args: string[]) => runCli(['detect', ...MODEL, ...args], { cwd: folder });

beforeAll(async () => {
  await writeRandomModel(at('model.safetensors'));
  mkdirSync(at('photos/deep'), { recursive: true });
  copyFileSync(CAT, at('photos/cat.jpg'));
  copyFileSync(ASTRONAUT, at('photos/deep/cat.jpg'));
  writeFileSync(at('photos/notes.txt'), 'not an image');
  writeFileSync(at('broken.jpg'), readFileSync(CAT).subarray(0, 1000));
});
afterAll(temporary.remove);

interface Result {
  file: string;
  width: number;
  height: number;
  detections: { label: string; score: number; box: { x: number } }[];
}

describe('results on the standard output', () => {
  it('prints a table without color codes where there is no terminal', async () => {
    const { code, stdout, stderr } = await detect(CAT, '--max-detections', '2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /cat\.jpg {2}451×300 {2}2 objects\n {2}object +score +x +y +width +height\n/,
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stdout).not.toContain('\x1b');
  });

  it('states the size of the file where --fast-decode decodes fewer pixels', async () => {
    const args = [ASTRONAUT, '--input-size', '64', '--format', 'json', '-t', '0.05'];
    const [fast] = JSON.parse((await detect(...args, '--fast-decode')).stdout) as Result[];
    const [whole] = JSON.parse((await detect(...args)).stdout) as Result[];
    expect(fast).toMatchObject({ file: whole.file, width: 512, height: 512 });
    expect(Math.max(...fast.detections.map(({ box }) => box.x))).toBeGreaterThan(128);
    expect(fast.detections).not.toEqual(whole.detections);
  });

  it('obeys FORCE_COLOR, and NO_COLOR before it', async () => {
    const args = ['detect', ...MODEL, CAT, '--max-detections', '1'];
    const forced = await runCli(args, { env: { FORCE_COLOR: '1' } });
    const plain = await runCli(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(forced.stdout).toContain('\x1b[1m');
    expect(plain.stdout).not.toContain('\x1b');
  });

  it('prints nothing but JSON for a folder, sorted, and reports missing and broken files', async () => {
    const { code, stdout, stderr } = await detect(
      ...['missing.jpg', 'photos', 'broken.jpg', ASTRONAUT],
      ...['--recursive', '--format', 'json', '--max-detections', '3'],
    );
    expect(code).toBe(1);
    const results: Result[] = JSON.parse(stdout);
    expect(results.map(({ file }) => file)).toEqual([
      'photos/cat.jpg',
      'photos/deep/cat.jpg',
      ASTRONAUT,
    ]);
    expect(Object.keys(results[0])).toEqual(['file', 'width', 'height', 'detections']);
    expect(results[0]).toMatchObject({ width: 451, height: 300 });
    expect(results.map(({ detections }) => detections.length)).toEqual([3, 3, 3]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^refinedet: .*missing\.jpg.* \[FILE_NOT_FOUND\]$/);
    expect(lines[1]).toMatch(/^refinedet: .*broken\.jpg.* \[IMAGE_CORRUPT\]$/);
    expect(lines[2]).toMatch(/^refinedet: 3 images, 9 objects, 2 failed, .* images\/s$/);
  });

  it('reads the standard input and is silent with --quiet', async () => {
    const { code, stdout, stderr } = await runCli(
      ['detect', '-', CAT, ...MODEL, '--format', 'jsonl', '--quiet'],
      { stdin: readFileSync(CAT) },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [piped, named]: Result[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([piped.file, named.file]).toEqual(['-', CAT]);
    expect(piped.detections.length).toBeGreaterThan(0);
    expect(piped.detections).toEqual(named.detections);
  });

  it('prints an empty array when no image can be read', async () => {
    const { code, stdout } = await detect('missing.jpg', '--format', 'json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '[]\n' });
  });

  it('gives the same results in the same order with workers', async () => {
    const imageFiles = ['photos', ASTRONAUT, 'broken.jpg', CAT];
    const flags = ['--format', 'jsonl', '--recursive', '--max-detections', '5'];
    const alone = await detect(...imageFiles, ...flags, '--threads', '1');
    expect(alone.stdout.split('\n')).toHaveLength(5);
    for (const workers of ['2', 'auto']) {
      const together = await detect(...imageFiles, ...flags, '--workers', workers);
      expect(together.stdout).toBe(alone.stdout);
      expect(together.code).toBe(1);
      expect(together.stderr).toMatch(/broken\.jpg.* \[IMAGE_CORRUPT\]\n/);
    }
  });
});

describe('options', () => {
  it('keeps and leaves out classes, also of a file', async () => {
    const labels = async (...flags: string[]) => {
      const { stdout } = await detect(CAT, '--threshold', '0.2', '--format', 'json', ...flags);
      const [{ detections }]: Result[] = JSON.parse(stdout);
      return new Set(detections.map(({ label }) => label));
    };
    const all = await labels();
    expect(all.size).toBeGreaterThan(1);
    const [first, ...rest] = all;
    expect(await labels('--classes', first)).toEqual(new Set([first]));
    writeFileSync(at('wanted.txt'), `${first}\n`);
    expect(await labels('--classes', '@wanted.txt')).toEqual(new Set([first]));
    expect(await labels('--exclude-classes', first)).toEqual(new Set(rest));
  });

  it('turns the vote of overlapping candidates off and on', async () => {
    const found = async (...flags: string[]) =>
      (await detect(CAT, '--threshold', '0.2', '--format', 'json', ...flags)).stdout;
    const voted = await found();
    expect(await found('--box-voting', 'on')).toBe(voted);
    expect(await found('--box-voting', 'off')).not.toBe(voted);
    const { code, stderr } = await detect(CAT, '--box-voting', 'no');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--box-voting.*on, off/)]);
  });

  it('names an unknown class and suggests a known one', async () => {
    const { code, stderr } = await detect(CAT, '--classes', 'cta');
    expect(code).toBe(2);
    expect(stderr).toBe('refinedet: unknown class "cta" (did you mean "cat"?) [UNKNOWN_CLASS]\n');
  });

  it('names a model file that does not exist', async () => {
    const { code, stdout, stderr } = await runCli([
      'detect',
      CAT,
      '--model',
      at('none.safetensors'),
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toContain(at('none.safetensors'));
  });

  it.each([
    [['--model', 'refinedet320-vgg16'], 2, 'is a preset, which has no weights'],
    [['--model', 'defualt'], 1, '(did you mean "default"?)'],
    [['--model', 'tiny'], 1, 'the models of the package are default and nano'],
    [['--threads', '1000'], 2, '--threads must be auto or a whole number from 1 to 9, not "1000"'],
    [['--out', 'found.json'], 2, '--out is a folder, not a file such as "found.json"'],
  ])('explains what is wrong with %j', async (flags, code, message) => {
    const { stderr, stdout, ...exit } = await runCli(['detect', CAT, ...flags]);
    expect({ code: exit.code, stdout }).toEqual({ code, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toContain(message);
  });

  it('finds the cat with the model of the package', async () => {
    const { code, stdout, stderr } = await runCli(['detect', CAT, '--format', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([{ detections: [{ label: 'cat' }] }]);
  });

  it('shows a stack only with REFINEDET_DEBUG', async () => {
    const args = ['detect', CAT, '--model', CAT];
    const { stderr } = await runCli(args);
    expect(stderr).toMatch(FAILURE_LINE);
    const debug = await runCli(args, { env: { REFINEDET_DEBUG: '1' } });
    expect(debug.stderr.startsWith(stderr)).toBe(true);
    expect(debug.stderr).toMatch(/\n {4}at /);
  });
});

describe('files', () => {
  it('writes one file per image, mirrors folders and refuses to replace files', async () => {
    const args = ['photos', ASTRONAUT, '--recursive', '--out', 'yolo', '--format', 'yolo'];
    const first = await detect(...args);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toContain('results in yolo/');
    expect(readdirSync(at('yolo'), { recursive: true }).sort()).toEqual([
      'astronaut.txt',
      'cat.txt',
      'classes.txt',
      'deep',
      'deep/cat.txt',
    ]);
    expect(readFileSync(at('yolo/cat.txt'), 'utf8')).toMatch(/^(\d(?: \d\.\d+){5}\n)+$/);

    // The same classes are no reason to refuse; others would be lost.
    const other = ['--out', 'yolo', '--format', 'yolo'];
    copyFileSync(CAT, at('other.jpg'));
    expect((await detect('other.jpg', ...other)).code).toBe(0);
    writeFileSync(at('yolo/classes.txt'), 'nut\n');
    copyFileSync(CAT, at('third.jpg'));
    expect((await detect('third.jpg', ...other)).stderr).toContain('classes.txt exists already');
    const second = await detect(...args);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/exists already; --force replaces it \[FILE_WRITE\]\n$/);
    expect((await detect(...args, '--force')).code).toBe(0);
  });

  it('writes one file of all images where the format has one', async () => {
    const { code, stdout } = await detect('photos/*.jpg', '--out', 'all', '--format', 'csv');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readdirSync(at('all'))).toEqual(['detections.csv']);
    expect(readFileSync(at('all/detections.csv'), 'utf8')).toMatch(
      /^file,label,.*\nphotos\/cat\.jpg,/,
    );
  });

  it('needs a folder for formats with one file per image', async () => {
    const { code, stdout, stderr } = await detect(CAT, ASTRONAUT, '--format', 'voc');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--out');
  });

  it('saves annotated images under distinct names, never over an input', async () => {
    mkdirSync(at('save'));
    copyFileSync(CAT, at('save/cat.jpg'));
    copyFileSync(CAT, at('save/cat.detected.jpg'));
    const inputs = ['save/cat.jpg', 'save/cat.detected.jpg', 'photos'];
    const { code } = await detect(...inputs, '--save', 'save', '--max-detections', '2');
    expect(code).toBe(0);
    expect(readdirSync(at('save')).sort()).toEqual([
      'cat-2.detected.jpg',
      'cat-3.detected.jpg',
      'cat.detected.detected.jpg',
      'cat.detected.jpg',
      'cat.jpg',
    ]);
    const original = readFileSync(CAT);
    for (const input of ['cat.jpg', 'cat.detected.jpg']) {
      expect(readFileSync(at('save', input)).equals(original)).toBe(true);
    }
    const annotated = readFileSync(at('save/cat-2.detected.jpg'));
    expect(readImageHeader(annotated)).toMatchObject({ format: 'jpeg', width: 451, height: 300 });
    expect(annotated.equals(original)).toBe(false);
  });

  it('does not take the image behind --save for its folder', async () => {
    const { code } = await detect('--save', 'photos/cat.jpg', '--quiet');
    expect(code).toBe(0);
    expect(readdirSync(at('detections'))).toEqual(['cat.detected.jpg']);
  });

  it('leaves nothing behind when it cannot write', async () => {
    writeFileSync(at('in-the-way'), 'a file');
    const { code, stderr } = await detect(CAT, '--out', 'in-the-way');
    expect(code).toBe(1);
    expect(stderr).toMatch(/in-the-way.* cannot be written: .* \[FILE_WRITE\]\n$/);
    expect(readFileSync(at('in-the-way'), 'utf8')).toBe('a file');
  });
});

describe('ending early', () => {
  /** More images than are detected before the test reacts. */
  const many = () => {
    mkdirSync(at('many'), { recursive: true });
    for (let i = 0; i < 200; i++) copyFileSync(CAT, at('many', `${i}.jpg`));
  };

  it('ends quietly when the reader closes its output', async () => {
    many();
    const child = startCli(['detect', ...MODEL, at('many'), '--format', 'jsonl']);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      stderr += piece;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  });

  it('completes its output and exits with 130 after Ctrl-C', async ({ skip }) => {
    skip(!isPosix, 'Windows has no SIGINT');
    many();
    const child = startCli(['detect', ...MODEL, at('many'), '--format', 'json']);
    let [stdout, stderr] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      stderr += piece;
    });
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      if (stdout === '') child.kill('SIGINT');
      stdout += piece;
    });
    const [code] = await once(child, 'close');
    const results: Result[] = JSON.parse(stdout);
    expect(code).toBe(130);
    expect(results.length).toBeGreaterThan(0);
    expect(results.length).toBeLessThan(200);
    expect(stderr).toBe(`refinedet: interrupted after ${results.length} of 200 images [ABORTED]\n`);
  });
});
