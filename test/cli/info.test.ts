import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/model/presets.ts';
import { MODELS } from '../../src/packaged-models.ts';
import { ASTRONAUT, FAILURE_LINE, runCli, temporaryFolder, writeRandomModel } from './helpers.ts';

const temporary = temporaryFolder();
const MODEL = temporary.at('model.safetensors');

beforeAll(() => writeRandomModel(MODEL));
afterAll(temporary.remove);

describe('refinedet info', () => {
  it('lists the models of the package and the presets', async () => {
    const { code, stdout } = await runCli(['info']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^default +refinedet320-mobilenet +20 +4\.87 M +1\.03 G +finds the most$/m,
    );
    expect(stdout).toMatch(/^nano +refinedet192-nano +20 +1\.77 M +257 M +smaller and faster/m);
    for (const name of Object.keys(PRESETS)) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(stdout).toMatch(/refinedet320-vgg16 +320×320 +34\.4 M +37\.8 G +6375 /);
  });

  it('describes a model file: layers, shapes, totals, anchors, classes, provenance', async () => {
    const { code, stdout, stderr } = await runCli(['info', MODEL]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^odm6\.conf +conv +1×1×12 +1548 +1536$/m);
    expect(stdout).toMatch(/^preset +refinedet320-mobilenet, /m);
    expect(stdout).toMatch(/^input +64×64 RGB, mean 127\.5,127\.5,127\.5, std /m);
    expect(stdout).toMatch(/^classes +3: ant, bee, cat$/m);
    expect(stdout).toMatch(/^parameters +4\.41 M \(4,409,224\)$/m);
    expect(stdout).toMatch(
      /^anchors +255: 192 at stride 8, 48 at stride 16, 12 at stride 32, 3 at stride 64$/m,
    );
    expect(stdout).toMatch(/^note +random weights, for tests$/m);
  });

  it('describes a model of the package by its name, with its origin', async () => {
    const { code, stdout } = await runCli(['info', 'nano', '--no-layers']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^preset +refinedet192-nano, /m);
    expect(stdout).toMatch(/^compute +float32, int8$/m);
    expect(stdout).toMatch(/^provenance\nmadeBy +refinedet train$/m);
    const list = JSON.parse((await runCli(['info', '--json'])).stdout);
    expect(list.map(({ name }: { name: string }) => name)).toEqual([
      ...MODELS,
      ...Object.keys(PRESETS),
    ]);
    const { code: wrong, stderr } = await runCli(['info', 'tiny']);
    expect(wrong).toBe(2);
    expect(stderr).toContain('neither a model nor a preset; there are default, nano, refinedet');
  });

  it('names every training of a model, with its data', async () => {
    const { stdout } = await runCli(['info', 'default', '--no-layers']);
    const [, provenance] = stdout.split(/^provenance$/m);
    expect(provenance).toMatch(
      /^data +voc07:trainval, voc-animals:train\+val, coco-mini, coco-people$/m,
    );
    expect(provenance).toMatch(
      /^fineTunedFrom +madeBy refinedet train; data voc07:trainval, .*; steps 7600;/m,
    );
    expect(provenance.match(/^(fineTunedFrom|before that) /gm)).toHaveLength(6);
    expect(provenance).toMatch(/; init ssd-mobilenetv2-oid4\.safetensors; steps 7500;.*\n$/);
    expect(provenance).toMatch(/^score +0\.\d{1,4}$/m);
  });

  it('prints the same as JSON, optionally without layers and at another size', async () => {
    const args = ['--json', '--no-layers', '--input-size', '128x64'];
    const { stdout } = await runCli(['info', MODEL, ...args]);
    const info = JSON.parse(stdout);
    expect(info).toMatchObject({
      preset: 'refinedet320-mobilenet',
      input: { width: 128, height: 64, channelOrder: 'RGB' },
      classes: ['ant', 'bee', 'cat'],
      anchorsPerLevel: [384, 96, 24, 6],
      anchors: 510,
      provenance: { note: 'random weights, for tests' },
    });
    expect(info).not.toHaveProperty('layers');
  });

  it('describes a preset with the classes given', async () => {
    const { stdout } = await runCli(['info', 'refinedet512-vgg16', '--classes', 'coco', '--json']);
    const { classes, anchors, layers } = JSON.parse(stdout);
    expect([classes.length, anchors]).toEqual([80, 16320]);
    expect(layers.at(-1)).toMatchObject({ name: 'odm6.conf', shape: [8, 8, 243] });
  });

  it('explains what is wrong with a file that is not a model', async () => {
    const { code, stdout, stderr } = await runCli(['info', ASTRONAUT]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toContain(ASTRONAUT);
  });
});
