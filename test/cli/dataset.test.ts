import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerDatasetCommand } from '../../src/cli/dataset/dataset-command.ts';
import { loadDataset } from '../../src/datasets/index.ts';
import {
  emptyFolder,
  folderWith,
  type Tree,
  vocObject,
  vocTree,
  vocXml,
} from '../datasets/tree.ts';

const CAT = vocObject('cat', [11, 6, 20, 15]);
const GOOD = vocTree({ a: vocXml(CAT), b: vocXml() });
const BAD: Tree = { ...GOOD, 'Annotations/b.xml': vocXml(vocObject('cat', [5, 5, 5, 5])) };

/** Runs `refinedet dataset …` in this process. */
async function dataset(...words: string[]) {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += text;
      return true;
    });
  }
  const program = new Command().exitOverride();
  registerDatasetCommand(program);
  try {
    await program.parseAsync(['dataset', ...words], { from: 'user' });
  } finally {
    vi.restoreAllMocks();
  }
  return output;
}

afterEach(() => {
  process.exitCode = undefined;
});

describe('dataset check', () => {
  it('prints tables and no errors for a good dataset', async () => {
    const { stdout, stderr } = await dataset('check', folderWith(GOOD));
    expect(stdout).toMatch(/: VOC, 20 classes, 2 images, 1 box\n/);
    expect(stdout).toMatch(/^train +2 +1 +1 +0 +0$/m);
    expect(stdout).toMatch(/^cat +1 +100\.0 %$/m);
    expect(stdout).toContain('no errors');
    expect(stderr).toBe('');
    expect(process.exitCode).toBeUndefined();
  });

  it('prints findings with their place and fails when there are errors', async () => {
    const { stdout } = await dataset('check', folderWith(BAD));
    expect(stdout).toMatch(
      /1 error\n {2}zero-area-box\n {4}Annotations.b\.xml:3: box 5, 5, 5, 5 of "cat" has no area\n/,
    );
    expect(process.exitCode).toBe(1);
  });

  it('shortens long lists in the text but not in the JSON', async () => {
    const boxes = vocObject('cat', [5, 5, 5, 5]).repeat(8);
    const folder = folderWith({ ...GOOD, 'Annotations/b.xml': vocXml(boxes) });
    expect((await dataset('check', folder)).stdout).toContain('… and 3 more (--json lists all)');
    const { stdout } = await dataset('check', folder, '--json');
    const report = JSON.parse(stdout) as { errors: object[]; stats: { splits: object } };
    expect(report.errors).toHaveLength(8);
    expect(report.stats.splits).toMatchObject({ train: { images: 2, boxes: 1 } });
  });

  it('passes its options on', async () => {
    const folder = folderWith(GOOD);
    const words = ['--map', 'cat=lion', '--classes', 'lion,dog', '--preset', 'refinedet512-vgg16'];
    const { stdout } = await dataset('check', folder, ...words);
    expect(stdout).toMatch(/VOC, 2 classes/);
    expect(stdout).toMatch(/^lion +1/m);
    expect(stdout).toContain('side at 512 px');
    await expect(dataset('check', folder, '--split', 'val')).rejects.toThrow('not a split of');
    await expect(dataset('check', folder, '--map', 'cat')).rejects.toThrow('write old=new');
    await expect(dataset('check', folder, '--format', 'cocoo')).rejects.toThrow('"coco"?');
  });

  it('takes the split with the path, and the format under its older name too', async () => {
    const folder = folderWith(GOOD);
    expect((await dataset('check', `${folder}:train`)).stdout).toMatch(/: VOC, .*, 2 images/);
    await expect(dataset('check', `${folder}:val`)).rejects.toThrow(': "val" (there are train)');
    const twice = dataset('check', `${folder}:train`, '--split', 'val');
    await expect(twice).rejects.toThrow('two splits are given: "train" with the path');
    for (const flag of ['--data-format', '--format']) {
      await expect(dataset('check', folder, flag, 'coco')).rejects.toThrow(/COCO/);
    }
  });

  it('renames COCO classes to those of VOC, and still refuses misspelled names', async () => {
    const sofa = vocObject('couch', [11, 6, 20, 15]);
    const files = vocTree({ a: vocXml(sofa), b: vocXml() });
    const folder = folderWith({ ...files, 'classes.txt': 'couch\ncat\n' });
    const { stdout } = await dataset('check', folder, '--map', 'coco-to-voc');
    expect(stdout).toMatch(/^sofa +1/m);
    await expect(dataset('check', folder, '--map', 'cuch=sofa')).rejects.toThrow('"cuch"');
  });

  it('writes a cleaned copy and then succeeds', async () => {
    const out = path.join(emptyFolder(), 'clean');
    const { stdout } = await dataset('check', folderWith(BAD), '--fix', out);
    expect(stdout).toMatch(/left out: .*b\.xml:3: box 5, 5, 5, 5/);
    expect(stdout).toContain(`wrote 2 images and 1 box in ${out}`);
    expect(process.exitCode).toBeUndefined();
    await dataset('check', out);
    expect(process.exitCode).toBeUndefined();
  });

  it('fails when most boxes are dropped, unless forced', async () => {
    const bad = vocObject('cat', [5, 5, 5, 5]).repeat(2);
    const folder = folderWith({ ...GOOD, 'Annotations/b.xml': vocXml(bad) });
    const out = path.join(emptyFolder(), 'clean');
    const { stdout, stderr } = await dataset('check', folder, '--fix', out);
    expect(stdout).toContain('kept 1 box, dropped 2: zero-area-box 2');
    expect(stderr).toContain('most boxes were dropped');
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;
    await dataset('check', folder, '--fix', out, '--force');
    expect(process.exitCode).toBeUndefined();
  });

  it('says what to do about each kind of finding', async () => {
    const { stdout } = await dataset('check', folderWith(BAD));
    expect(stdout).toMatch(/has no area\n {4}→ Remove the box or draw it again/);
  });

  it('does not let foreign names steer the terminal', async () => {
    const folder = folderWith({
      ...GOOD,
      'ImageSets/Main/train.txt': 'a\nb\n\u001b[2Jx\n',
      'classes.txt': 'cat\n\u001b[31mred\n',
    });
    const { stdout } = await dataset('check', folder);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('\\x1b[2Jx');
  });
});

describe('dataset convert', () => {
  it('writes the other format, with the chosen classes', async () => {
    const out = path.join(emptyFolder(), 'yolo');
    const words = ['--to', 'yolo', '--classes', 'dog,cat', '--images', 'symlink'];
    const { stdout } = await dataset('convert', folderWith(GOOD), out, ...words);
    expect(stdout).toBe(`wrote 2 images and 1 box in ${out}\n`);
    const copy = await loadDataset(out);
    expect(copy).toMatchObject({ format: 'yolo', classes: ['dog', 'cat'] });
    expect(copy.images[0].boxes[0].classId).toBe(1);
  });

  it('warns on stderr of what it leaves out, and prints JSON with --json', async () => {
    const out = path.join(emptyFolder(), 'coco');
    const { stdout, stderr } = await dataset(
      'convert',
      folderWith(BAD),
      out,
      '--to',
      'coco',
      '--json',
    );
    expect(stderr).toMatch(/warning: left out: .*b\.xml:3: box 5, 5, 5, 5/);
    expect(JSON.parse(stdout)).toEqual({ images: 2, boxes: 1, losses: [] });
  });

  it('warns of boxes of another frame, and writes them in that of the image', async () => {
    const out = path.join(emptyFolder(), 'yolo');
    const resized = vocXml(vocObject('cat', [101, 101, 300, 300]), 400, 300);
    const folder = folderWith({ ...GOOD, 'Annotations/a.xml': resized });
    const { stderr } = await dataset('convert', folder, out, '--to', 'yolo');
    expect(stderr).toMatch(/warning: .*a\.png is 40×30 but the annotation says 400×300/);
    const [{ box }] = (await loadDataset(out)).images[0].boxes;
    expect(box).toMatchObject({ x: expect.closeTo(10), width: expect.closeTo(20) });
  });

  it('needs a format and a new folder', async () => {
    const folder = folderWith(GOOD);
    await expect(dataset('convert', folder, path.join(folder, 'out'))).rejects.toThrow('--to');
    expect(existsSync(path.join(folder, 'out'))).toBe(false);
    await expect(dataset('convert', `${folder}:val`, 'out', '--to', 'coco')).rejects.toThrow(
      ': "val" (there are train)',
    );
    const there = emptyFolder();
    await expect(dataset('convert', folder, there, '--to', 'coco')).rejects.toThrow('--force');
    await expect(dataset('check', folder, '--fix', there)).rejects.toThrow('--force');
    expect(readdirSync(there)).toEqual([]);
    await dataset('convert', folder, there, '--to', 'coco', '--force');
    expect(readdirSync(there)).toEqual(['annotations', 'train']);
  });
});
