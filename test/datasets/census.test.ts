/** Every file below a dataset is used, named in a finding, or hidden. */
import { readdirSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectDataset } from '../../src/datasets/check/check-dataset.ts';
import { DATASET_FORMATS } from '../../src/datasets/dataset-types.ts';
import { checkDataset, openDataset } from '../../src/datasets/index.ts';
import { type PlainImage, plainImages, VARIANTS, WRITTEN } from './generate.ts';
import { folderWith, png, type Tree, writeTree } from './tree.ts';

/** Files that nobody asked for, in folders of the dataset and in others. */
const STRAY: Tree = {
  'notes.txt': 'x',
  'odd.XML': '<annotation></annotation>',
  'stray.jpe': png(20, 20, 201),
  'stray.JPG': png(20, 20, 202),
  'stray.gif': 'GIF89a',
  'model.pt': 'x',
  'no extension': 'x',
  'labels.cache': 'x',
  'stray.yaml': 'a: 1',
  'other.JSON': '{}',
  'table.csv': 'a,b',
};
const strays = fc.array(
  fc.record({
    file: fc.constantFrom(...Object.keys(STRAY)),
    place: fc.nat(),
    below: fc.constantFrom('', 'deep/er/', '.hidden/'),
  }),
  { maxLength: 5 },
);

function withStrays(tree: Tree, added: readonly { file: string; place: number; below: string }[]) {
  const folders = ['', ...new Set(Object.keys(tree).map((file) => `${path.dirname(file)}/`))];
  const more = added.map(({ file, place, below }): [string, string | Uint8Array] => [
    path.join(folders[place % folders.length], below, file),
    STRAY[file],
  ]);
  return { ...Object.fromEntries(more), ...tree };
}

/** Files that are neither used nor named nor hidden. */
async function unaccounted(folder: string): Promise<string[]> {
  const { report, splits } = await inspectDataset(folder);
  const { errors, warnings, notes } = report;
  const named = [...errors, ...warnings, ...notes].flatMap(({ file }) => file ?? []);
  const { files } = await openDataset(folder);
  const images = splits.flatMap((split) => split.images);
  const used = new Set([...files, ...images.flatMap((i) => [i.path, i.annotationPath])]);
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !path
          .relative(folder, file)
          .split(path.sep)
          .some((p) => p.startsWith('.')),
    )
    .filter((file) => !used.has(file) && !named.some((n) => isAtOrBelow(n, file, folder)));
}

/** A finding names a file, or a folder of which nothing is used; the root says nothing. */
const isAtOrBelow = (named: string, file: string, root: string): boolean =>
  named === file || (named !== root && file.startsWith(named + path.sep));

const ALL: [string, (images: readonly PlainImage[]) => Tree][] = [
  ...DATASET_FORMATS.map((format): [string, (typeof ALL)[number][1]] => [format, WRITTEN[format]]),
  ...VARIANTS.map(([name, , write]): [string, (typeof ALL)[number][1]] => [name, write]),
];

describe.each(ALL)('the census of %s', (_, write) => {
  it('accounts for every file', async () => {
    await fc.assert(
      fc.asyncProperty(plainImages, strays, fc.nat(), async (images, added, lost) => {
        const tree = withStrays(write(images), added);
        // A label or an image that is lost makes its partner a finding.
        const partners = Object.keys(tree).filter((file) => /\.(png|xml|txt|json)$/.test(file));
        const victim = partners[lost % partners.length];
        const isPart = /(^|\/)(labels|Annotations|images|JPEGImages|train)\//.test(victim);
        const { [victim]: _, ...rest } = tree;
        const folder = folderWith(isPart && images.length > 1 ? (rest as Tree) : tree);
        expect(await unaccounted(folder)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });
});

describe.skipIf(process.platform === 'win32')('the census of a dataset with links', () => {
  const linked = fc.record({
    link: fc.constantFrom('folder', 'file', 'extra'),
    place: fc.nat(),
    root: fc.boolean(),
  });

  it.each(DATASET_FORMATS)(
    'counts each file once, by the names of the user: %s',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(plainImages, linked, async (images, { link, place, root }) => {
          const tree = WRITTEN[format](images);
          const outside = folderWith({});
          const real = path.join(outside, 'real');
          const inner = folderWith({});
          writeTree(real, tree);
          let folder = real;
          const names = readdirSync(real);
          const folders = names.filter((name) => !path.extname(name));
          if (link === 'folder' && folders.length > 0) {
            // The folder of images or labels lies elsewhere.
            const name = folders[place % folders.length];
            renameSync(path.join(real, name), path.join(inner, name));
            symlinkSync(path.join(inner, name), path.join(real, name));
          } else if (link === 'file') {
            const file = Object.keys(tree)[place % Object.keys(tree).length];
            renameSync(path.join(real, file), path.join(inner, 'x'));
            symlinkSync(path.join(inner, 'x'), path.join(real, file));
          } else if (folders.length > 0) {
            symlinkSync(path.join(real, folders[place % folders.length]), path.join(real, 'again'));
          }
          if (root) {
            folder = path.join(outside, 'root');
            symlinkSync(real, folder);
          }
          const { errors, warnings, notes } = await checkDataset(folder);
          const found = [...errors, ...warnings, ...notes];
          expect(found.filter(({ code }) => /unused-(file|label)|unlabeled/.test(code))).toEqual(
            format === 'openimages' ? expect.anything() : [],
          );
          for (const { file } of found) expect(`${file}/`).toContain(`${folder}/`);
        }),
        { numRuns: 8 },
      );
    },
  );

  it('names a file that nothing uses once, below the link', async () => {
    const images = fc.sample(plainImages, { numRuns: 1, seed: 1 })[0];
    const folder = folderWith(WRITTEN.yolo(images));
    const elsewhere = folderWith({ 'notes.txt': 'x' });
    symlinkSync(elsewhere, path.join(folder, 'one'));
    symlinkSync(elsewhere, path.join(folder, 'two'));
    const { notes } = await checkDataset(folder);
    const unused = notes.filter(({ code }) => code === 'unused-file');
    expect(unused.map(({ file }) => path.relative(folder, file!))).toEqual(['one']);
  });
});

describe('a file that nothing uses', () => {
  it('is told apart by what it is, and a folder of them is one finding', async () => {
    const images = fc.sample(plainImages, { numRuns: 1, seed: 1 })[0];
    const folder = folderWith({
      ...WRITTEN.voc(images),
      'README.md': 'x',
      'JPEGImages/more.jfif': png(9, 9, 99),
      'Annotations/none.xml': '<annotation></annotation>',
      'SegmentationClass/a.png': png(9, 9),
      'SegmentationClass/b.png': png(9, 9),
    });
    const { errors, warnings, notes } = await checkDataset(folder);
    const found = [...errors, ...warnings, ...notes].map(
      ({ code, file }) => `${code} ${path.relative(folder, file!)}`,
    );
    expect(found).toEqual([
      'unused-label Annotations/none.xml',
      'unlabeled-image JPEGImages/more.jfif',
      'unused-file README.md',
      'unlabeled-image SegmentationClass',
    ]);
  });

  it('is not asked for where only some splits are read', async () => {
    const images = fc.sample(plainImages, { numRuns: 1, seed: 1 })[0];
    const folder = folderWith({ ...WRITTEN.voc(images), 'README.md': 'x' });
    expect((await checkDataset(folder, { split: 'train' })).notes).toEqual([]);
  });

  it('comes with a sentence that says what to do, as every finding', async () => {
    const folder = folderWith({ ...WRITTEN.yolo([]), 'a.bin': 'x', 'images/train/x.png': 'x' });
    const { errors, warnings, notes } = await checkDataset(folder);
    const all = [...errors, ...warnings, ...notes];
    expect(all.length).toBeGreaterThan(2);
    for (const { advice } of all) expect(advice).toMatch(/^[A-Z].*\.$/);
  });
});
