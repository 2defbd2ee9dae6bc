import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorLine, exitCodeOf } from '../../src/cli/describe-error.ts';
import { registerEvalCommand } from '../../src/cli/eval/eval-command.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { vocObject, vocTree, vocXml, writeTree } from '../datasets/tree.ts';
import { CAT, FAILURE_LINE, runCli, temporaryFolder, writeRandomModel } from './helpers.ts';

const temporary = temporaryFolder();
const { folder, at } = temporary;
const DATA = ['--data', 'data', '--split', 'train'];

/** Runs `refinedet eval …` in this process, ending as main.ts does. */
async function evaluate(...args: string[]) {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += text;
      return true;
    });
  }
  const program = new Command().exitOverride().configureOutput({ outputError: () => {} });
  registerEvalCommand(program);
  let code = 0;
  try {
    await program.parseAsync(['eval', ...args], { from: 'user' });
  } catch (error) {
    output.stderr += `${errorLine(error)}\n`;
    code = exitCodeOf(error);
  } finally {
    vi.restoreAllMocks();
  }
  return { ...output, code: code || Number(process.exitCode ?? 0) };
}

/** Runs it in a process of its own: a model starts threads and workers. */
const evaluateApart = (...args: string[]) => runCli(['eval', ...args], { cwd: folder });

const home = process.cwd();

beforeAll(async () => {
  const [cat, dog] = [vocObject('cat', [1, 1, 100, 100]), vocObject('dog', [201, 1, 300, 100])];
  const annotations = vocTree({ a: vocXml(cat, 451, 300), b: vocXml(cat + dog, 451, 300) });
  const imageFiles = {
    'JPEGImages/a.jpg': readFileSync(CAT),
    'JPEGImages/b.jpg': readFileSync(CAT),
  };
  writeTree(at('data'), { ...annotations, ...imageFiles });
  for (const id of ['a', 'b']) rmSync(at(`data/JPEGImages/${id}.png`));
  writeTree(at('results'), {
    'comp4_det_train_cat.txt': 'a 0.9 1 1 100 100\nb 0.8 301 201 400 300\nb 0.7 1 1 100 100\n',
    'comp4_det_train_dog.txt': '',
  });
  await writeRandomModel(at('model.safetensors'));
  process.chdir(folder);
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  process.chdir(home);
  temporary.remove();
});

describe('scoring existing predictions', () => {
  it('prints a table', async () => {
    // cat: right, wrong, right of 2: 5/6 of the area; dog: nothing found
    const { code, stdout, stderr } = await evaluate(...DATA, '-p', 'results', '--metric', 'voc12');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/PASCAL VOC 2010–2012 .* IoU 0\.5/);
    expect(stdout).toMatch(/^cat +83\.3 +2 +3 +80\.0 +0\.70$/m);
    expect(stdout).toMatch(/^dog +0\.0 +1 +0 +– +–$/m);
    expect(stdout).toMatch(/^mean +41\.7 +3 +3$/m);
  });

  it.each([
    ['data:train'],
    ['data', '--split', 'train'],
    ['data:train', '--split', 'train', '--data-format', 'voc', '--map', 'coco-to-voc'],
  ])('takes the split with the path or apart: %s', async (...args) => {
    const { code, stderr } = await evaluate('-p', 'results', '--data', ...args.flat());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('takes one model, as argument or as option', async () => {
    for (const given of [
      ['one.safetensors', '--model', 'two.safetensors'],
      ['-m', 'two.safetensors', '-p', 'results'],
    ]) {
      const { code, stderr } = await evaluate(...DATA, ...given);
      expect(stderr).toContain('two.safetensors');
      expect(stderr).toMatch(/give (one|a) model\b.* \[USAGE\]$/m);
      expect(code).toBe(2);
    }
    const missing = await evaluate(...DATA, '--model', 'none.safetensors');
    expect(missing.stderr).toContain('none.safetensors');
    expect(missing.stderr).toContain('[FILE_NOT_FOUND]');
  });

  it('prints the documented JSON', async () => {
    const { stdout } = await evaluate(...DATA, '-p', 'results', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      metric: 'voc07',
      iouThreshold: 0.5,
      // precision 1 at six recalls, 2/3 at five: 28/33
      mAP: expect.closeTo(14 / 33, 12),
      perClass: { cat: expect.closeTo(28 / 33, 12), dog: 0 },
      images: 2,
      groundTruth: 3,
      dataset: { format: 'voc', split: 'train' },
      // the best threshold keeps the wrong cat too
      analysis: {
        best: { threshold: 0.7 },
        falsePositives: { background: 1 },
        confusion: [
          { truth: 'cat', detected: 'cat', count: 2 },
          { truth: 'dog', detected: null, count: 1 },
          { truth: null, detected: 'cat', count: 1 },
        ],
      },
    });
  });

  it('prints the twelve COCO numbers', async () => {
    const { stdout } = await evaluate(...DATA, '-p', 'results', '--metric', 'coco');
    expect(stdout.match(/^A[PR]\S* +0\./gm)).toHaveLength(12);
  });

  it('scores some classes, some images, another overlap', async () => {
    const json = async (...args: string[]) =>
      JSON.parse((await evaluate(...DATA, '-p', 'results', '--json', ...args)).stdout);
    const cats = { cat: expect.closeTo(28 / 33, 12) };
    expect((await json('--classes', 'cat')).perClass).toEqual(cats);
    expect((await json('--classes', 'voc')).perClass).toEqual({ ...cats, dog: 0 });
    expect(await json('--limit', '1')).toMatchObject({ images: 1, mAP: expect.closeTo(1, 12) });
    expect(await json('--iou', '0.9')).toMatchObject({ iouThreshold: 0.9 });
  });

  it('converts between the two formats without changing a number', async () => {
    const args = [...DATA, '--json', '--classes', 'dog,cat'];
    const numbers = async (path: string, ...more: string[]) =>
      (await evaluate(...args, '-p', path, ...more)).stdout;
    const direct = await numbers('results', '--save-predictions', 'saved.json');
    expect(await numbers('saved.json', '--save-predictions', 'again')).toBe(direct);
    expect(readdirSync(at('again'))).toEqual(readdirSync(at('results')));
    expect(await numbers('again')).toBe(direct);
  });

  it('renames classes in the dataset, and in COCO results with it', async () => {
    await evaluate(...DATA, '-p', 'results', '--save-predictions', 'feline.JSON');
    const { stdout } = await evaluate(
      ...[...DATA, '-p', 'feline.JSON', '--json', '--map', 'cat=feline'],
    );
    expect(JSON.parse(stdout).perClass).toHaveProperty('feline', expect.closeTo(28 / 33, 12));
  });

  it('writes a report', async () => {
    const { stderr } = await evaluate(...DATA, '-p', 'results', '--report', 'new/report.html');
    expect(stderr).toBe('refinedet: report in new/report.html\n');
    expect(readFileSync(at('new/report.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*<\/html>\n$/,
    );
  });

  it.each([
    ['--report', 'there.html'],
    ['--save-predictions', 'there.json'],
    ['--save-predictions', 'there'],
  ])('%s %s replaces nothing without --force', async (flag, file) => {
    const run = (...args: string[]) => evaluate(...DATA, '-p', 'results', flag, file, ...args);
    expect((await run()).code).toBe(0);
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${file} exists already; --force replaces it [FILE_WRITE]`);
    expect((await run('--force')).code).toBe(0);
  });
});

describe('scoring a model', () => {
  const MODEL = ['model.safetensors', ...DATA, '--map', 'dog=bee'];

  it('runs it on every image', async () => {
    const { code, stdout, stderr } = await evaluateApart(...MODEL, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ images: 2, unreadableImages: 0, ignoredClasses: ['ant'] });
    expect(result.detections).toBeGreaterThan(100);
    expect(result.speed.imagesPerSecond).toBeGreaterThan(0);
  });

  it('finds the same with two workers', async () => {
    const run = async (...args: string[]) => {
      const { stdout } = await evaluateApart(...MODEL, '--json', ...args);
      const { speed: _, ...numbers } = JSON.parse(stdout);
      return numbers;
    };
    expect(await run('--workers', '2')).toEqual(await run('--threads', '1'));
  });

  it('names the settings in effect in the report', async () => {
    const reportOf = async (...args: string[]) => {
      await evaluateApart(...MODEL, '--force', '--report', 'settings.html', ...args);
      const html = readFileSync(at('settings.html'), 'utf8');
      const row = (name: string) => new RegExp(`>${name}<.*?>([^<]+)<`, 's').exec(html)?.[1];
      return ['Input', 'Backend', 'Box voting', 'Multi-scale testing'].map(row);
    };
    expect(await reportOf()).toEqual(['64×64', 'wasm, float32', 'on', 'off']);
    const changed = ['--input-size', '128', '--multi-scale'];
    expect(await reportOf(...changed)).toEqual(['128×128', 'wasm, float32', 'on', 'on']);
    const plain = ['64×64', 'wasm, float32', 'off', 'off'];
    expect(await reportOf('--box-voting', 'off')).toEqual(plain);
  }, 60_000);

  it('warns when the model was trained on the images', async () => {
    const provenance = { madeBy: 'refinedet train', data: ['data:train+val'] };
    const model = randomModel(64);
    const config = { ...model.config, provenance: { data: ['other'], fineTunedFrom: provenance } };
    writeFileSync(at('trained.safetensors'), await writeModel({ ...model, config }));
    const [, ...rest] = MODEL;
    const { code, stderr } = await evaluateApart('trained.safetensors', ...rest, '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^refinedet: warning: .* data:train as trained on: .*\n$/);
  });

  it('continues after an image that cannot be read, and reports it', async () => {
    const imageFile = at('data/JPEGImages/a.jpg');
    const bytes = readFileSync(imageFile);
    rmSync(imageFile);
    const { code, stdout, stderr } = await evaluateApart(...MODEL, '--json');
    writeFileSync(imageFile, bytes);
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.jpg.* \[FILE_NOT_FOUND\]\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ images: 2, unreadableImages: 1 });
  });
});

describe('mistakes', () => {
  beforeEach(() => {
    rmSync(at('report.html'), { force: true });
  });

  it.each<[string, string[], number, RegExp]>([
    ['no data', ['model.safetensors'], 2, /--data/],
    ['a model and predictions', ['m.safetensors', ...DATA, '-p', 'results'], 2, /not both/],
    ['an unknown split', ['--data', 'data', '--split', 'tset', '-p', 'results'], 2, /"tset"/],
    ['two splits', ['--data', 'data:val', '--split', 'train', '-p', 'results'], 2, /two splits/],
    ['a colon without a split', ['--data', 'data:', '-p', 'results'], 2, /"data:" has no split/],
    ['an unknown metric', [...DATA, '-p', 'results', '--metric', 'voc7'], 2, /mean "voc07"/],
    ['an IoU of 1', [...DATA, '-p', 'results', '--iou', '1'], 2, /between 0 and 1, not 1/],
    ['an IoU for COCO', [...DATA, '-p', 'results', '--iou', '.3', '--metric', 'coco'], 2, /0\.3/],
    ['an unknown class', [...DATA, '-p', 'results', '--classes', 'cta'], 2, /"cta".*did you mean/],
    ['no such predictions', [...DATA, '-p', 'none.json'], 1, /none\.json.*FILE_NOT_FOUND/],
    ['a model without a class', ['model.safetensors', ...DATA], 2, /"dog".*UNKNOWN_CLASS/],
  ])('%s is one sentence, and nothing is written', async (_, args, exit, message) => {
    const { code, stdout, stderr } = await evaluate(...args, '--report', 'report.html');
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(message);
    expect(existsSync(at('report.html'))).toBe(false);
  });
});
