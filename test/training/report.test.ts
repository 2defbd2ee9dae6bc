import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { RunFolder, train } from '../../src/training/index.ts';
import { writeTrainingReport } from '../../src/training/node/report/training-report.ts';
import { shapesDataset } from '../../support/scenes/shapes.ts';
import { emptyFolder } from '../datasets/tree.ts';

describe('training report', { timeout: 120_000 }, () => {
  it('shows curves, classes, detections and samples, with every name escaped', async () => {
    const folder = emptyFolder();
    const shapes = await shapesDataset(emptyFolder(), 2, 64);
    const data = { ...shapes, name: '<b>shapes</b>', classes: ['<i>square</i>', 'disc'] };
    const options = {
      workers: 1,
      batch: 2,
      steps: 3,
      inputSizes: [{ from: 0, sizes: [64] }],
      evaluation: { every: 2 },
    };
    const store = new RunFolder(folder);
    const both = { train: data, validation: data };
    for await (const _ of train(options, { data: both, store }));
    const config = resolveTrainConfig(options);
    await writeTrainingReport(store, { config, data: both, totalSteps: 3 });
    const page = readFileSync(path.join(folder, 'report.html'), 'utf8');
    for (const title of ['Loss', 'Average precision', 'Learning rate', 'Sample detections']) {
      expect(page).toContain(`<h2>${title}</h2>`);
    }
    expect(page).toContain('3 of 3 steps, 3.0 epochs over 2 images of 2 classes.');
    expect(page).toContain('&lt;b&gt;shapes&lt;/b&gt;');
    expect(page).toContain('&lt;i&gt;square&lt;/i&gt;');
    expect(page).not.toContain('<b>shapes</b>');
    // Two detections and twelve samples.
    expect(page.match(/data:image\/jpeg/g)).toHaveLength(14);
    expect(page.replace(/base64,[^"]*/g, '')).not.toContain('NaN');
  });

  it('is not written before the first step', async () => {
    const store = new RunFolder(emptyFolder());
    const shapes = await shapesDataset(emptyFolder(), 1, 64);
    const config = resolveTrainConfig({});
    await writeTrainingReport(store, { config, data: { train: shapes }, totalSteps: 3 });
    expect(await store.read('report.html')).toBeUndefined();
  });
});
