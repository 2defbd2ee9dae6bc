/** The program of docs/onnx.md, run on a photo. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportOnnx } from '../../src/export/index.ts';
import { randomModel } from '../../support/models/random-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = new URL('../../support/tsx.mjs', import.meta.url);
const CAT = { width: 451, height: 300 };

const folder = mkdtempSync(join(tmpdir(), 'refinedet-onnx-'));
beforeAll(() => {
  copyFileSync(join(ROOT, 'examples/cat.jpg'), join(folder, 'photo.jpg'));
  writeFileSync(join(folder, 'model.onnx'), exportOnnx(randomModel(128)));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The last program of the page, on our sources and the files of the folder. */
function sample(): string {
  const page = readFileSync(join(ROOT, 'docs/onnx.md'), 'utf8');
  const program = page.split('## Run it in ONNX Runtime')[1].match(/```js\n(.*?)```/s)![1];
  const source = (file: string) => new URL(`../../src/${file}`, import.meta.url).href;
  return program
    .replace("'refinedet'", `'${source('index.ts')}'`)
    .replace("'refinedet/export'", `'${source('export/index.ts')}'`)
    .replace(/'(photo\.jpg|model\.onnx)'/g, (_, file: string) => `'${join(folder, file)}'`);
}

it('finds objects inside the image, with names and scores', () => {
  const flags = ['--conditions=refinedet-source', `--import=${TSX}`, '--input-type=module'];
  const output = execFileSync(process.execPath, [...flags, '--eval', sample()], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const lines = output.trim().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    expect(line).toMatch(/^(ant|bee|cat) (0\.\d\d|1\.00)( \d+){4}$/);
    const [x1, y1, x2, y2] = line.split(' ').slice(2).map(Number);
    expect(x2 >= x1 && x2 <= CAT.width && y2 >= y1 && y2 <= CAT.height).toBe(true);
  }
});
