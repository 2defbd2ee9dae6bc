/**
 * Writes the figures of the model card, models/README.md, between its markers, the reliability diagrams and the
 * checksums of the models.
 *
 * npx tsx --conditions=refinedet-source scripts/model-card.ts --data VOC2007_SLICE:test
 *   [--also VOC2007:val]... [--accuracy accuracy.json]
 *
 * --data: images that no model was trained on. --also: more data for the comparison of 8 bits and floats.
 * --accuracy: output of bench/accuracy.ts --json, the shipped model first; without it, the comparison
 * stays as it is.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dataPart } from '../src/cli/options/data-part.ts';
import type { Dataset } from '../src/datasets/dataset-types.ts';
import { loadDataset } from '../src/datasets/load-dataset.ts';
import { reliabilityChart } from '../src/evaluation/report/charts.ts';
import { MODELS, modelFile } from '../src/packaged-models.ts';
import { comparisonTable } from './model-card/comparison-table.ts';
import { figuresOf } from './model-card/figures.ts';
import { insertSections } from './model-card/sections.ts';
import { standaloneChart } from './model-card/standalone-chart.ts';
import { classTable, settingsTable, sizeTable, thresholdTable } from './model-card/tables.ts';

const CARD = 'models/README.md';
const IMAGES = 'docs/images';
/** Input sides that each model was trained for, and the next one. */
const SIZES = { default: [256, 320, 384, 448, 512], nano: [192, 256, 320] } as const;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    also: { type: 'string', multiple: true, default: [] },
    accuracy: { type: 'string' },
  },
});
if (!values.data) throw new Error('--data is needed');
const data = await read(values.data);
const others = await Promise.all(values.also.map(read));

const shipped = await Promise.all(MODELS.map((name) => figuresOf(name, data)));
for (const { name, analysis } of shipped) {
  const chart = standaloneChart(reliabilityChart(analysis.reliability!));
  writeFileSync(path.join(IMAGES, `${name}-reliability.svg`), chart);
}
const sections = {
  ...Object.fromEntries(MODELS.map((name) => [`${name}-file`, checksum(modelFile(name))])),
  classes: classTable(shipped),
  sizes: sizeTable(await eachSize()),
  thresholds: thresholdTable(shipped),
  settings: settingsTable(await eachSetting()),
  ...(values.accuracy && {
    comparison: comparisonTable(JSON.parse(readFileSync(values.accuracy, 'utf8'))),
  }),
};
writeFileSync(CARD, insertSections(readFileSync(CARD, 'utf8'), sections));

async function read(text: string): Promise<Dataset> {
  const { path: folder, split } = dataPart(text);
  return loadDataset(folder, { split });
}

async function eachSize() {
  const found = [];
  for (const name of MODELS) {
    for (const inputSize of SIZES[name]) found.push(await figuresOf(name, data, { inputSize }));
  }
  return found;
}

/** Both numbers with and without box voting on the data of the figures; both numbers on the others. */
async function eachSetting() {
  const found = [];
  for (const dataset of [data, ...others]) {
    for (const name of MODELS) {
      for (const boxVoting of dataset === data ? [true, false] : [true]) {
        for (const compute of ['int8', 'float32'] as const) {
          found.push(await figuresOf(name, dataset, { compute, boxVoting }));
        }
      }
    }
  }
  return found;
}

/** Writes the checksum of a model beside it. @returns name, size and checksum for the card */
function checksum(file: string): string {
  const bytes = readFileSync(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = path.basename(file);
  writeFileSync(`${file}.sha256`, `${sha256}  ${name}\n`);
  return `\`${name}\`, ${(bytes.length / 1e6).toFixed(2)} MB, SHA-256 \`${sha256}\``;
}
