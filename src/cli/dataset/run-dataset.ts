/** `refinedet dataset`: reports on stdout, warnings on stderr. */
import { warningLines } from '../../datasets/check/findings.ts';
import {
  checkDataset,
  convertDataset,
  fixDataset,
  type LoadDatasetOptions,
  loadSplits,
  lostMost,
} from '../../datasets/index.ts';
import { EXIT_FAILURE } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { givenClasses } from '../options/class-list.ts';
import { dataPart, withSplit } from '../options/data-part.ts';
import { requireAbsent } from '../output-files.ts';
import { Progress } from '../progress.ts';
import { print, warn } from '../terminal.ts';
import type { CheckFlags, ConvertFlags } from './dataset-options.ts';
import { changesText, checkText, convertText, droppedText } from './dataset-text.ts';

/** @throws as `checkDataset` and `fixDataset` */
export async function runCheck(data: string, flags: CheckFlags): Promise<void> {
  const { preset, decode, fix, images: copyImages, force: overwrite, json } = flags;
  if (fix !== undefined && !overwrite) await requireAbsent([fix]);
  const bar = progressBar();
  const { onProgress } = bar;
  const signal = interruptSignal();
  const { location, ...read } = await readOptions(data, flags);
  const options = { ...read, preset, decode, onProgress, signal };
  try {
    if (fix === undefined) {
      const report = await checkDataset(location, options);
      await print(json ? toJson(report) : checkText(report));
      if (report.errors.length > 0) process.exitCode = EXIT_FAILURE;
      return;
    }
    const fixed = await fixDataset(location, fix, { ...options, copyImages, overwrite });
    const { check, ...written } = fixed;
    const text = () =>
      `${checkText(check)}\n${changesText(fixed.changes)}${convertText(fix, fixed)}${droppedText(fixed)}`;
    await print(json ? toJson({ ...check, fix: written }) : text());
    if (fixed.images === 0) {
      warn('nothing was written: no image of the dataset can be kept');
      process.exitCode = EXIT_FAILURE;
    } else if (lostMost(fixed) && !overwrite) {
      warn('most boxes were dropped: correct the dataset, or say with --force that this is right');
      process.exitCode = EXIT_FAILURE;
    }
    if (fixed.remaining.length > 0) process.exitCode = EXIT_FAILURE;
  } finally {
    bar.stop();
  }
}

/** @throws as `loadDataset` and `convertDataset` */
export async function runConvert(data: string, folder: string, flags: ConvertFlags): Promise<void> {
  const { to, images: copyImages, force: overwrite, json } = flags;
  if (!overwrite) await requireAbsent([folder]);
  const { location, ...options } = await readOptions(data, flags);
  const splits = await loadSplits(location, options);
  const warnings = splits.flatMap((split) => split.warnings);
  const leftOut = warnings.filter(({ code }) => !FRAME_CODES.has(code));
  for (const line of warningLines(leftOut)) warn(`left out: ${line}`);
  const frames = warnings.filter(({ code }) => FRAME_CODES.has(code));
  for (const line of warningLines(frames)) warn(line);
  const signal = interruptSignal();
  const report = await convertDataset(splits, to, folder, { copyImages, overwrite, signal });
  await print(json ? toJson(report) : convertText(folder, report));
}

/** Warnings about whole images, of which a conversion says what it does with them. */
const FRAME_CODES: ReadonlySet<string> = new Set(['size-mismatch', 'unknown-frame']);

async function readOptions(
  data: string,
  { dataFormat: format, map, imageFolder, ...flags }: CheckFlags | ConvertFlags,
): Promise<LoadDatasetOptions & { location: string }> {
  const { path: location, split } = withSplit(dataPart(data), flags.split);
  return { location, split, format, map, imageFolder, classes: await givenClasses(flags.classes) };
}

/** A progress bar that appears when the number of images is known. */
function progressBar(): { onProgress(done: number, total: number): void; stop(): void } {
  let bar: Progress | undefined;
  return {
    onProgress(done, total) {
      bar ??= new Progress(total);
      bar.advance();
      if (done === total) bar.stop();
    },
    stop: () => bar?.stop(),
  };
}

const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
