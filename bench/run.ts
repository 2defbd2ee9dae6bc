/**
 * Runs suites and writes bench/results.
 *
 *     npm run bench                      all suites
 *     npm run bench -- network resize    some of them
 *     npm run bench -- network --preset refinedet320-vgg16
 *     npm run bench -- --rounds 2        instead of 5
 *     npm run bench -- --tables          only the tables in README and docs/performance.md, from the JSON files
 *     npm run bench -- --brief           checks that they work; the figures mean nothing
 *     npm run bench -- --out FOLDER      instead of bench/results/node-VERSION
 */
import { parseArgs } from 'node:util';
import { didYouMean } from '../src/errors.ts';
import { PRESETS, type PresetName, presetByName } from '../src/model/presets.ts';
import { resultsFolder, suiteResult, writeResult } from './results.ts';
import { type RunOptions, SUITE_NAMES, type Suite } from './suite.ts';
import { updateTables } from './tables.ts';

const ALL_PRESETS = Object.keys(PRESETS) as PresetName[];
const LIGHT: readonly PresetName[] = ['refinedet320-mobilenet'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    brief: { type: 'boolean', default: false },
    out: { type: 'string', default: resultsFolder(process.version) },
    preset: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    tables: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { brief } = values;
if (values.help) {
  console.log(
    `npm run bench -- [--brief] [--rounds N] [--tables] [--out FOLDER] [--preset NAME]... [SUITE]...\nsuites: ${SUITE_NAMES.join(', ')}`,
  );
  process.exit(0);
}
if (values.tables) {
  updateTables();
  process.exit(0);
}
const chosen = values.preset.map((name) => presetByName(name).name);
const options: RunOptions = {
  rounds: brief ? 1 : Number(values.rounds),
  roundMs: brief ? 1 : 1000,
  presets: chosen.length > 0 ? chosen : brief ? LIGHT : ALL_PRESETS,
};
for (const name of positionals) {
  if (SUITE_NAMES.includes(name)) continue;
  throw new Error(
    `unknown suite "${name}"${didYouMean(name, SUITE_NAMES)}; use one of ${SUITE_NAMES.join(', ')}`,
  );
}
for (const name of positionals.length > 0 ? positionals : SUITE_NAMES) {
  const { suite } = (await import(`./suites/${name}.ts`)) as { suite: Suite };
  const missing = suite.missing?.();
  if (missing) {
    console.log(`\n${name} is skipped: ${missing}`);
    continue;
  }
  const groups = await suite.run(options);
  console.log(`\n${writeResult(suiteResult(name, suite, options, groups), values.out)}`);
}
// Thread pools of the compared runtimes may still run.
process.exit(0);
