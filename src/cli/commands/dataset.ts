/** `refinedet dataset check` and `refinedet dataset convert`. */
import { type Command, Option } from 'commander';
import { formatPlace } from '../../datasets/findings.ts';
import {
  type CopyImages,
  checkDataset,
  convertDataset,
  type DatasetFormat,
  DEFAULT_CHECK_PRESET,
  fixDataset,
  loadSplits,
} from '../../datasets/index.ts';
import { PRESETS, type PresetName } from '../../model/presets.ts';
import { parseClassMap, parseNames } from '../class-options.ts';
import { printable } from '../text-table.ts';
import { checkText, convertText } from './dataset-text.ts';

const FORMATS: readonly DatasetFormat[] = ['voc', 'coco', 'yolo'];
const COPY_IMAGES: readonly CopyImages[] = ['copy', 'symlink', 'none'];

interface ReadFlags {
  split?: string;
  format?: DatasetFormat;
  classes?: string[];
  map?: ReadonlyMap<string, string>;
  imageFolder?: string;
  json?: boolean;
}

interface CheckFlags extends ReadFlags {
  preset: PresetName;
  decode?: boolean;
  fix?: string;
  images: CopyImages;
  overwrite?: boolean;
}

interface ConvertFlags extends ReadFlags {
  to: DatasetFormat;
  images: CopyImages;
  overwrite?: boolean;
}

/** Adds the command `dataset` with its sub-commands. */
export function registerDatasetCommand(program: Command): void {
  const dataset = program.command('dataset').description('check and convert data sets');
  addCheck(dataset);
  addConvert(dataset);
}

function addCheck(dataset: Command): void {
  const command = dataset
    .command('check')
    .argument('<path>', 'folder, COCO JSON or YOLO YAML file')
    .description('find what would spoil training, count boxes; exit code 1 when there are errors');
  addReadOptions(command)
    .addOption(
      new Option('--preset <name>', 'whose anchors and input size to compare boxes with')
        .choices(Object.keys(PRESETS))
        .default(DEFAULT_CHECK_PRESET),
    )
    .option('--decode', 'decode every picture instead of reading its header only')
    .option('--fix <dir>', 'write a cleaned copy of the annotations into a new folder')
    .addOption(imagesOption('with --fix: what to do with the pictures', 'symlink'))
    .option('--overwrite', 'with --fix: replace a data set in that folder')
    .option('--json', 'print the whole report as JSON')
    .addHelpText('after', examples('check data/VOC2007', 'check data.yaml --fix cleaned --json'))
    .action(runCheck);
}

function addConvert(dataset: Command): void {
  const command = dataset
    .command('convert')
    .argument('<in>', 'folder, COCO JSON or YOLO YAML file')
    .argument('<out>', 'folder to create')
    .description('write a data set in another format');
  addReadOptions(command)
    .addOption(
      new Option('--to <format>', 'format to write').choices(FORMATS).makeOptionMandatory(),
    )
    .addOption(imagesOption('what to do with the pictures', 'copy'))
    .option('--overwrite', 'replace a data set in the output folder')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', examples('convert data/VOC2007 data/yolo --to yolo --classes person,dog'))
    .action(runConvert);
}

function addReadOptions(command: Command): Command {
  return command
    .option('--split <name>', 'split to read, several joined by + (default: all)')
    .addOption(new Option('--format <format>', 'default: found from the path').choices(FORMATS))
    .option('--classes <names>', 'keep these classes, in this order: person,dog', parseNames)
    .option('--map <pairs>', 'rename classes: aeroplane=airplane,tvmonitor=tv', parseClassMap)
    .option('--image-folder <dir>', 'COCO: where the pictures are (default: found)');
}

const imagesOption = (description: string, byDefault: CopyImages): Option =>
  new Option('--images <how>', description).choices(COPY_IMAGES).default(byDefault);

const examples = (...lines: string[]): string =>
  ['\nExamples:', ...lines.map((line) => `  $ refinedet dataset ${line}`)].join('\n');

async function runCheck(location: string, flags: CheckFlags): Promise<void> {
  const { json, fix, images: copyImages, overwrite, ...options } = flags;
  if (fix === undefined) {
    const report = await checkDataset(location, options);
    print(json ? toJson(report) : checkText(report));
    if (report.errors.length > 0) process.exitCode = 1;
    return;
  }
  const fixed = await fixDataset(location, fix, { ...options, copyImages, overwrite });
  const { check, ...written } = fixed;
  if (json) print(toJson({ ...check, fix: written }));
  else print([checkText(check), ...fixed.changes.map((change) => `${change}\n`)].join(''));
  message(convertText(fix, fixed));
  if (fixed.remaining.length > 0) process.exitCode = 1;
}

async function runConvert(from: string, folder: string, flags: ConvertFlags): Promise<void> {
  const { to, images: copyImages, overwrite, json, ...options } = flags;
  const splits = await loadSplits(from, options);
  for (const warning of splits.flatMap(({ warnings }) => warnings)) {
    message(`left out: ${formatPlace(warning)}: ${warning.message}`);
  }
  const report = await convertDataset(splits, to, folder, { copyImages, overwrite });
  print(json ? toJson(report) : `${convertText(folder, report)}\n`);
}

const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
const print = (text: string): void => void process.stdout.write(printable(text));
const message = (text: string): void => void process.stderr.write(`${printable(text)}\n`);
