/**
 * The first hour of a user: an empty folder, the packed package and own images. Follows the guides block by
 * block, as they stand, and ends with a detector that finds most objects of the test split.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../../support/markdown.ts';
import { isPosix } from '../../support/posix.ts';
import { SHAPE_CLASSES, shapesDataset } from '../../support/scenes/shapes.ts';
import { type PackedApp, packedApp } from './helpers.ts';
import { commandsOf } from './shell-samples.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OWN_IMAGES = 48;
const LEAST_AP = 60;

/** The part of a guide between two headings. */
function part(page: string, from: string, to: string): string {
  const text = `\n${readFileSync(join(ROOT, page), 'utf8')}`;
  const [start, end] = [text.indexOf(`\n${from}`), text.indexOf(`\n${to}`)];
  if (start < 0 || end < start) throw new Error(`${page} has no "${from}" before "${to}"`);
  return text.slice(start, end);
}

/** What a reader does first, in the order of the guides. */
const GUIDES = {
  README: part('README.md', '# refinedet', '### Browser'),
  'getting started': part('docs/getting-started.md', '## Install', '## Next steps'),
  'train on your own boxes': part('docs/training.md', '## 1.', '## Time and epochs'),
};

let app: PackedApp;
beforeAll(async () => {
  app = await packedApp();
  mkdirSync(join(app.folder, 'node_modules/.bin'), { recursive: true });
  const bin = join(app.folder, 'node_modules/.bin/refinedet');
  symlinkSync('../refinedet/dist/cli/main.js', bin);
  execFileSync('chmod', ['+x', bin]);
  for (const [from, to] of [
    ['cat', 'photo'],
    ['cat', 'photos/cat'],
    ['astronaut', 'photos/astronaut'],
  ]) {
    app.write(`${to}.jpg`, readFileSync(join(ROOT, `examples/${from}.jpg`)));
  }
  app.write('photos/.DS_Store', 'not an image');
  await drawOwnImages();
}, 300_000);
afterAll(() => app?.remove());

/** Drawn shapes, labeled by rule, in the folders that labeling tools export. */
async function drawOwnImages(): Promise<void> {
  app.write('own/classes.txt', `${SHAPE_CLASSES.join('\n')}\n`);
  const images = join(app.folder, 'own/images');
  mkdirSync(images);
  const data = await shapesDataset(images, OWN_IMAGES, 160);
  for (const [i, { fileName, width = 0, height = 0, boxes }] of data.images.entries()) {
    // One name for each image: numbers alone would look like frames of one video.
    const name = `${String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26))}-shapes`;
    renameSync(join(images, fileName), join(images, `${name}.png`));
    const lines = boxes.map(({ classId, box }) => {
      const center = [(box.x + box.width / 2) / width, (box.y + box.height / 2) / height];
      return [classId, ...center, box.width / width, box.height / height].join(' ');
    });
    app.write(`own/labels/${name}.txt`, `${lines.join('\n')}\n`);
  }
}

/** Runs the blocks of a guide in order. */
async function follow(guide: string): Promise<string[]> {
  const outputs: string[] = [];
  for (const { language, code } of codeBlocks(guide)) {
    if (language === 'js') {
      app.write('program.mjs', code);
      outputs.push((await run(process.execPath, ['program.mjs'], { cwd: app.folder })).stdout);
    } else if (language === 'sh') {
      for (const command of commandsOf(code)) {
        // The package is installed already: from the tarball, not from the registry.
        if (/^npm\b/.test(command)) continue;
        outputs.push((await run('sh', ['-c', command], { cwd: app.folder })).stdout);
      }
    }
  }
  return outputs;
}

// Minutes on two free cores; shared machines need more.
describe.skipIf(!isPosix)('the first hour', { timeout: 1_800_000 }, () => {
  it('finds a cat with the README', async () => {
    const outputs = await follow(GUIDES.README);
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.at(-1)).toMatch(/^cat [01]\.\d\d \{/m);
  });

  it('handles many files and errors with the guide for the start', async () => {
    const outputs = (await follow(GUIDES['getting started'])).join('\n');
    expect(outputs).toMatch(/^photos\/cat\.jpg cat/m);
    expect(outputs).toMatch(/^photos\/\.DS_Store .*not a JPEG, PNG or WebP/m);
    expect(outputs).toMatch(/^FILE_NOT_FOUND /m);
  });

  it('ends with an own detector after the guide for training', async () => {
    const outputs = await follow(GUIDES['train on your own boxes']);
    const text = outputs.join('\n');
    expect(text).toMatch(/finished: runs\/cells\/best\.safetensors/);
    const score = Number(/^mean +([\d.]+)/m.exec(text)?.[1]);
    console.info(`AP50 of the own detector: ${score}`);
    expect(score).toBeGreaterThan(LEAST_AP);
    expect(text).toMatch(/the run is already finished; extend it with/);
    const found = outputs.at(-1)!.match(/^ {2}(square|disc) +[01]\.\d\d /gm) ?? [];
    expect(found.length).toBeGreaterThan(OWN_IMAGES / 2);
  });
});
