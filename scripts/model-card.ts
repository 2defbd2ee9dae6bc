/**
 * Writes the figures of the default model's card: models/README.md between its markers, and the
 * curves of the training run as pictures.
 *
 * npx tsx --conditions=refinedet-source scripts/model-card.ts --run runs/voc --accuracy accuracy.json
 *   [--model models/default.safetensors]
 *
 * accuracy.json: what bench/accuracy.ts --json wrote, the shipped model first.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Accuracy } from '../bench/accuracy/results.ts';
import type { StepRecord } from '../src/training/records.ts';
import { lossCurve, scoreCurve } from './model-card/curves.ts';
import { insertSections } from './model-card/sections.ts';
import { classTable, comparisonTable, courseTable } from './model-card/tables.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    accuracy: { type: 'string' },
    model: { type: 'string', default: 'models/default.safetensors' },
  },
});
if (!values.run || !values.accuracy) throw new Error('--run and --accuracy are needed');

const CARD = 'models/README.md';
const IMAGES = 'docs/images';
const records = readFileSync(path.join(values.run, 'metrics.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): StepRecord => JSON.parse(line));
const results: Accuracy[] = JSON.parse(readFileSync(values.accuracy, 'utf8'));
const bytes = readFileSync(values.model);
const sha256 = createHash('sha256').update(bytes).digest('hex');

writeFileSync(`${values.model}.sha256`, `${sha256}  ${path.basename(values.model)}\n`);
mkdirSync(IMAGES, { recursive: true });
writeFileSync(path.join(IMAGES, 'default-model-loss.svg'), lossCurve(records));
writeFileSync(path.join(IMAGES, 'default-model-score.svg'), scoreCurve(records));
const card = readFileSync(CARD, 'utf8');
const sections = {
  file: `\`default.safetensors\`, ${(bytes.length / 1e6).toFixed(2)} MB, SHA-256 \`${sha256}\``,
  classes: classTable(results[0]),
  comparison: comparisonTable(results),
  course: courseTable(records),
  config: `\`\`\`json\n${readFileSync(path.join(values.run, 'config.json'), 'utf8').trim()}\n\`\`\``,
};
writeFileSync(CARD, insertSections(card, sections));
