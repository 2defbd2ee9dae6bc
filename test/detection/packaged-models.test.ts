import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadModel, modelBytes } from '../../src/detection/load-model.ts';
import { RefineDet } from '../../src/detector.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { DEFAULT_MODEL, MODELS, modelFile, packagedModel } from '../../src/packaged-models.ts';
import { modelUrl } from '../../src/platform/model-urls.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(path.join(ROOT, file));

describe('a model of the package', () => {
  it.each(MODELS)(
    '%s is read by its name, has its checksum, and computes in 8 bits',
    async (name) => {
      const bytes = read(modelFile(name));
      expect(Buffer.compare(await modelBytes(name), bytes)).toBe(0);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(read(`${modelFile(name)}.sha256`).toString()).toBe(
        `${sha256}  ${path.basename(modelFile(name))}\n`,
      );
      const { config, quantization } = await loadModel(name);
      expect(config.classes).toEqual(VOC_CLASSES);
      expect(quantization).toBeDefined();
      expect(config.provenance).toMatchObject({ madeBy: 'refinedet train' });
    },
  );

  it('has its own network', async () => {
    const presets = await Promise.all(
      MODELS.map(async (name) => (await loadModel(name)).config.preset),
    );
    expect(presets).toEqual(['refinedet320-mobilenet', 'refinedet192-nano']);
    expect((await loadModel(undefined)).config).toEqual((await loadModel(DEFAULT_MODEL)).config);
  });

  it('is a file, an export and a URL; there are no others', () => {
    const files = readdirSync(path.join(ROOT, 'models')).filter((file) =>
      /\.safetensors$/.test(file),
    );
    expect(files.map((file) => `models/${file}`)).toEqual(MODELS.map(modelFile));
    const { exports } = JSON.parse(read('package.json').toString());
    const exported = Object.keys(exports).filter((entry) => entry.startsWith('./models/'));
    expect(exported).toEqual(MODELS.map((name) => `./${modelFile(name)}`));
    for (const name of MODELS) {
      expect(exports[`./${modelFile(name)}`]).toBe(`./${modelFile(name)}`);
      expect(fileURLToPath(modelUrl(name))).toBe(path.join(ROOT, modelFile(name)));
    }
  });

  it('is loaded by RefineDet.load', async () => {
    using detector = await RefineDet.load('nano', { warmUp: false, threads: 1 });
    expect(detector.config.preset).toBe('refinedet192-nano');
  });

  it('is not a path, a file of the same name, or a word of an object', () => {
    expect(packagedModel(undefined)).toBe('default');
    for (const other of ['./default', './nano', 'toString', null, 0, '']) {
      expect(packagedModel(other)).toBe(undefined);
    }
  });

  it('is guessed from a misspelled name, and all are listed for a word', async () => {
    const missing = path.join(mkdtempSync(path.join(tmpdir(), 'refinedet-')), 'none.safetensors');
    await expect(modelBytes('defualt')).rejects.toThrow(/did you mean "default"/);
    await expect(modelBytes('nona')).rejects.toThrow(/did you mean "nano"/);
    await expect(modelBytes('tiny')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message:
        'cannot read tiny: the file does not exist; the models of the package are default and nano',
    });
    await expect(modelBytes(missing)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.not.stringContaining('nano'),
    });
  });
});
