import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel, modelBytes } from '../../src/detection/load-model.ts';
import { RefineDet } from '../../src/detector.ts';
import { MODELS, packagedModel } from '../../src/packaged-models.ts';

describe('a model of the package', () => {
  it.each(MODELS)('%s is read by its name', async (name) => {
    const [named, byDefault] = await Promise.all([loadModel(name), loadModel(undefined)]);
    expect(named.config.classes.length).toBeGreaterThan(0);
    if (name === 'default') expect(named.config).toEqual(byDefault.config);
  });

  it('is loaded by RefineDet.load', async () => {
    using detector = await RefineDet.load('default', { warmUp: false });
    expect(detector.classes).toContain('cat');
  });

  it('is not a path, a file of the same name, or a word of an object', () => {
    expect(packagedModel(undefined)).toBe('default');
    for (const other of ['./default', 'toString', null, 0, '']) {
      expect(packagedModel(other)).toBe(undefined);
    }
  });

  it('is guessed from a misspelled name', async () => {
    const missing = path.join(mkdtempSync(path.join(tmpdir(), 'refinedet-')), 'none.safetensors');
    await expect(modelBytes('defualt')).rejects.toThrow(/did you mean "default"/);
    await expect(modelBytes(missing)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
