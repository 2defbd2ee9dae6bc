import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { RefineDet } from '../../src/detector.ts';
import { readModel, writeModel } from '../../src/weights/model-file.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { vocObject, vocTree, vocXml, writeTree } from '../datasets/tree.ts';
import {
  ASTRONAUT,
  CAT,
  FAILURE_LINE,
  runCli,
  temporaryFolder,
  writeRandomModel,
} from './helpers.ts';

const temporary = temporaryFolder();
const { folder, at } = temporary;
const MODEL = at('model.safetensors');
/** The weights of the model without its description, and those without its last head. */
const FOREIGN = at('foreign.safetensors');
const PARTIAL = at('partial.safetensors');
const AS_MODEL = ['--preset', 'refinedet320-mobilenet', '--classes', 'ant,bee,cat'];

function writeWeights(file: string, keep: (name: string) => boolean): void {
  const tensors = [...randomModel(64).weights].filter(([name]) => keep(name));
  const writers = tensors.map(([name, { shape, data }]) => {
    const write = (target: Uint8Array) =>
      target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return [name, { dtype: 'F32', shape, write }] as const;
  });
  writeFileSync(file, writeSafetensors(new Map(writers), {}));
}

/** Writes a VOC dataset whose boxes are what a model finds, and returns them. */
async function labelWith(model: string, scoreThreshold: number): Promise<Detection[]> {
  const detector = await RefineDet.load(model);
  const photos = { cat: CAT, astronaut: ASTRONAUT };
  const found: Detection[] = [];
  for (const [id, file] of Object.entries(photos)) {
    const detections = await detector.detect(file, { scoreThreshold });
    found.push(...detections);
    const boxes = detections.map(({ label, box }) =>
      vocObject(label, [box.x + 1, box.y + 1, box.x + box.width, box.y + box.height]),
    );
    writeTree(at('labeled'), {
      [`Annotations/${id}.xml`]: vocXml(boxes.join(''), 512, 512),
      [`JPEGImages/${id}.jpg`]: readFileSync(file),
    });
  }
  await detector.dispose();
  writeTree(at('labeled'), { 'ImageSets/Main/val.txt': `${Object.keys(photos).join('\n')}\n` });
  return found;
}

beforeAll(async () => {
  await writeRandomModel(MODEL);
  writeWeights(FOREIGN, () => true);
  writeWeights(PARTIAL, (name) => !name.startsWith('odm6.'));
});
afterAll(temporary.remove);

describe('refinedet convert', () => {
  it('gives foreign weights a description and says what was mapped', async () => {
    const out = at('converted.safetensors');
    const { code, stdout, stderr } = await runCli(['convert', FOREIGN, out, ...AS_MODEL]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      'refinedet320-mobilenet with 3 classes: 194 tensors, 4.41 M parameters',
    );
    const { config, weights } = await readModel(readFileSync(out));
    expect(config.classes).toEqual(['ant', 'bee', 'cat']);
    expect(config.provenance).toMatchObject({ file: 'foreign.safetensors' });
    const original = randomModel(64).weights.get('stem.weight')?.data;
    expect(weights.get('stem.weight')?.data).toEqual(original);
  });

  it('stores a model in a smaller type and leaves the rest as it is', async () => {
    const out = at('small.safetensors');
    const { code } = await runCli(['convert', MODEL, out, '--dtype', 'int8']);
    expect(code).toBe(0);
    expect(readFileSync(out).length).toBeLessThan(readFileSync(MODEL).length / 3);
    const { config } = await readModel(readFileSync(out));
    expect(config).toEqual(randomModel(64).config);
  });

  it('calibrates for 8-bit inference, which info and detect then know', async () => {
    writeTree(at('photos'), vocTree({ a: vocXml(vocObject('cat', [1, 1, 9, 9])) }));
    const out = at('calibrated.safetensors');
    const args = [
      '--dtype',
      'int8',
      '--calibrate',
      at('photos:train'),
      '--calibration-images',
      '1',
    ];
    const { code, stderr } = await runCli(['convert', MODEL, out, ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { quantization } = await readModel(readFileSync(out));
    expect(quantization?.scales.get('stem')).toHaveLength(32);
    const { stdout } = await runCli(['info', out, '--no-layers']);
    expect(stdout).toMatch(/^compute +float32, int8$/m);
  });

  it('does not calibrate a network whose maps are infinite', async () => {
    writeTree(at('photos'), vocTree({ a: vocXml(vocObject('cat', [1, 1, 9, 9])) }));
    const [broken, out] = [at('infinite.safetensors'), at('uncalibrated.safetensors')];
    const model = randomModel(64);
    model.weights.get('block3.project.weight')!.data.fill(3e38);
    writeFileSync(broken, await writeModel(model));
    const args = ['convert', broken, out, '--calibrate', at('photos:train')];
    const { code, stderr } = await runCli(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/the map block3\.project .* holds Infinity, .*\[INVALID_ARGUMENT\]/);
    expect(existsSync(out)).toBe(false);
  });

  it('does not count images of a calibration that it does not make', async () => {
    const out = at('none.safetensors');
    const { code, stderr } = await runCli(['convert', MODEL, out, '--calibration-images', '3']);
    expect(code).toBe(2);
    expect(stderr).toContain('--calibration-images needs --calibrate');
    expect(existsSync(out)).toBe(false);
  });

  it('shifts scores until 0.5 is the best threshold', async () => {
    // Of clear scores: where several classes share an anchor, the shift raises none of them to 0.5.
    const labeled = await labelWith('nano', 0.5);
    const lowest = Math.min(...labeled.map(({ score }) => score));
    const out = at('centered.safetensors');
    const { code, stdout, stderr } = await runCli([
      'convert',
      'nano',
      out,
      '--fit-threshold',
      at('labeled:val'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      `the best threshold was ${(Math.floor(100 * lowest) / 100).toFixed(2)}; scores are shifted to make it 0.5`,
    );
    const detector = await RefineDet.load(out);
    const found = [...(await detector.detect(CAT)), ...(await detector.detect(ASTRONAUT))];
    await detector.dispose();
    // The weakest is now just above 0.5.
    expect(lowest).toBeGreaterThan(0.9);
    expect(Math.min(...found.map(({ score }) => score))).toBeLessThan(0.7);
    expect(found.map(({ label }) => label).sort()).toEqual(
      labeled.map(({ label }) => label).sort(),
    );
  });

  it('does not shift scores where the model finds nothing', async () => {
    writeTree(at('nothing'), vocTree({ a: vocXml(vocObject('cat', [1, 1, 3, 3])) }));
    const out = at('blind.safetensors');
    const { code, stderr } = await runCli([
      'convert',
      MODEL,
      out,
      '--fit-threshold',
      at('nothing:train'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--fit-threshold: the model finds no object of .*nothing; give images/);
    expect(existsSync(out)).toBe(false);
  });

  it('lists what is missing and writes nothing', async () => {
    const out = at('incomplete.safetensors');
    const { code, stdout, stderr } = await runCli(['convert', PARTIAL, out, ...AS_MODEL]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/partial\.safetensors: .*odm6\.loc\.weight.*\[WEIGHTS_MISMATCH\]/);
    expect(existsSync(out)).toBe(false);
  });

  it('fills what is missing with --init', async () => {
    const out = at('initialized.safetensors');
    const { code, stdout } = await runCli(['convert', PARTIAL, out, ...AS_MODEL, '--init']);
    expect(code).toBe(0);
    expect(stdout).toContain('190 tensors mapped');
    expect(stdout).toContain(
      '4 missing, initialized at random: odm6.loc.weight, odm6.loc.bias, odm6.conf.weight, odm6.conf.bias',
    );
    const { weights } = await readModel(readFileSync(out));
    expect(weights.get('odm6.loc.weight')?.data.some((value) => value !== 0)).toBe(true);
  });

  it('never replaces the input, and another file only with --force', async () => {
    const before = readFileSync(MODEL);
    const own = await runCli([
      'convert',
      MODEL,
      `${folder}/../${MODEL.split('/').at(-2)}/model.safetensors`,
      '--force',
    ]);
    expect(own.code).toBe(2);
    expect(readFileSync(MODEL).equals(before)).toBe(true);

    const out = at('taken.safetensors');
    writeFileSync(out, 'mine');
    const refused = await runCli(['convert', MODEL, out]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /taken\.safetensors exists already; --force replaces it \[FILE_WRITE\]/,
    );
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect((await runCli(['convert', MODEL, out, '--force'])).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('asks for the preset of weights that do not describe themselves', async () => {
    const { code, stderr } = await runCli(['convert', FOREIGN, at('x.safetensors')]);
    expect(code).toBe(2);
    expect(stderr).toContain('needs --preset');
  });
});
