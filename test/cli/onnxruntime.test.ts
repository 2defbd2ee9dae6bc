/** `--backend onnxruntime` of the commands that detect, as processes. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasOnnxruntime } from '../../support/onnxruntime.ts';
import { isPosix } from '../../support/posix.ts';
import { vocObject, vocTree, vocXml, writeTree } from '../datasets/tree.ts';
import { ASTRONAUT, CAT, runCli, startCli, temporaryFolder, writeRandomModel } from './helpers.ts';

const isBuilt = existsSync(new URL('../../dist/demo/index.html', import.meta.url));
const NATIVE = ['--backend', 'onnxruntime'];
const DATA = ['--data', 'data', '--split', 'train'];

const { folder, at, remove } = temporaryFolder();
beforeAll(async () => {
  await writeRandomModel(at('insects.safetensors'));
  const annotation = vocXml(vocObject('cat', [1, 1, 30, 20]), 40, 30);
  writeTree(at('data'), vocTree({ a: annotation }));
});
afterAll(remove);

interface Line {
  detections: { label: string; score: number }[];
}

/** Labels and scores of all objects of all images. */
async function detect(...flags: string[]) {
  const words = ['detect', CAT, ASTRONAUT, '--model', at('insects.safetensors')];
  const settings = ['--threshold', '0.05', '--format', 'jsonl', '--quiet'];
  const { code, stdout, stderr } = await runCli([...words, ...settings, ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as Line).detections);
}

describe.skipIf(!hasOnnxruntime)('--backend onnxruntime', { timeout: 120_000 }, () => {
  it('detects like wasm, also in several workers', async () => {
    const expected = await detect();
    for (const flags of [NATIVE, [...NATIVE, '--workers', '2']]) {
      const found = await detect(...flags);
      for (const [i, detections] of expected.entries()) {
        expect(detections.length).toBeGreaterThan(0);
        const scores = detections.map(({ score }) => expect.closeTo(score, 3));
        expect(found[i].map(({ score }) => score)).toEqual(scores);
      }
    }
  });

  it('evaluates like wasm', async () => {
    const words = ['eval', 'insects.safetensors', ...DATA, '--map', 'cat=bee', '--json', '--quiet'];
    const results: { mAP: number }[] = [];
    for (const flags of [[], NATIVE]) {
      const { code, stdout, stderr } = await runCli([...words, ...flags], { cwd: folder });
      expect([code, stderr]).toEqual([0, '']);
      results.push(JSON.parse(stdout));
    }
    expect(results[0].mAP).toBeGreaterThan(0);
    expect(results[1].mAP).toBeCloseTo(results[0].mAP, 3);
  });

  it.skipIf(!isBuilt || !isPosix)('serves', async () => {
    const model = ['--model', at('insects.safetensors'), '--workers', '1'];
    const child = startCli(['serve', '--port', '0', '--quiet', ...model, ...NATIVE]);
    const [line] = await once(child.stdout, 'data');
    const url = String(line).trim();
    const body = readFileSync(CAT);
    const answer = await fetch(`${url}v1/detect?threshold=0.05`, { method: 'POST', body });
    expect(((await answer.json()) as Line).detections.length).toBeGreaterThan(0);
    expect(await (await fetch(`${url}v1/model`)).json()).toMatchObject({ backend: 'onnxruntime' });
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it.each([
    ['detect', CAT],
    ['detect', CAT, ASTRONAUT, '--workers', '2'],
    ['eval', ...DATA],
  ])('computes in float32 only: %s … %s', async (...words) => {
    const flags = [...words, ...NATIVE, '--compute', 'int8'];
    const { code, stderr } = await runCli(flags, { cwd: folder });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('compute: "int8" needs the wasm backend, not onnxruntime');
  });
});
