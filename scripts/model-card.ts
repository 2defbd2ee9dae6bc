/**
 * Writes the figures of the model card of the default model: models/README.md between its markers, and the
 * curves of the training run as images.
 *
 * npx tsx --conditions=refinedet-source scripts/model-card.ts --run runs/voc [--run runs/more]
 *   --accuracy accuracy.json [--model models/default.safetensors]
 *
 * Runs: each starts from the end of the one before. accuracy.json: output of bench/accuracy.ts --json, the shipped model first.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Accuracy } from '../bench/accuracy/results.ts';
import type { StepRecord } from '../src/training/run/step-record.ts';
import { lossCurve, scoreCurve } from './model-card/curves.ts';
import { insertSections } from './model-card/sections.ts';
import { classTable, comparisonTable, courseTable } from './model-card/tables.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string', multiple: true, default: [] },
    accuracy: { type: 'string' },
    model: { type: 'string', default: 'models/default.safetensors' },
  },
});
if (values.run.length === 0 || !values.accuracy) throw new Error('--run and --accuracy are needed');

const CARD = 'models/README.md';
const IMAGES = 'docs/images';
const records = values.run.map(readRecords).reduce(continued, []);
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
  classes: classTable(results),
  comparison: comparisonTable(results),
  course: courseTable(records),
  config: values.run.map(configuration).join('\n\nThen:\n\n'),
};
writeFileSync(CARD, insertSections(card, sections));

function readRecords(run: string): StepRecord[] {
  const lines = readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line): StepRecord => JSON.parse(line));
}

/** Continues the steps and epochs of the previous runs. */
function continued(before: StepRecord[], run: StepRecord[]): StepRecord[] {
  const { step = 0, epoch = 0 } = before.at(-1) ?? {};
  return [
    ...before,
    ...run.map((record) => ({ ...record, step: step + record.step, epoch: epoch + record.epoch })),
  ];
}

/** The whole configuration of the first run; for the others, what differs from it. */
function configuration(run: string, index: number): string {
  const read = (folder: string): Record<string, unknown> =>
    JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
  const config = read(run);
  const first = index === 0 ? {} : read(values.run[0]);
  const own = Object.entries(config).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(first[key]),
  );
  const lines = own.map(([key, value]) => `  ${JSON.stringify(key)}: ${spaced(value)}`);
  return `\`\`\`json\n{\n${lines.join(',\n')}\n}\n\`\`\``;
}

/** JSON on one line, with spaces, and without folders of this machine. */
function spaced(value: unknown): string {
  return JSON.stringify(value, shortened, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/([[{]) | ([\]}])/g, '$1$2');
}

function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' && path.isAbsolute(value) ? path.basename(value) : value;
}
