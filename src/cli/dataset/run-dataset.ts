/** `refinedet dataset`: reports and what was written on stdout, remarks on stderr. */
import { formatPlace } from '../../datasets/check/findings.ts';
import {
  type CopyImages,
  checkDataset,
  convertDataset,
  type DatasetFormat,
  fixDataset,
  type LoadDatasetOptions,
  loadSplits,
} from '../../datasets/index.ts';
import type { PresetName } from '../../model/presets.ts';
import { classList } from '../class-lists.ts';
import { EXIT_FAILURE } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { requireAbsent } from '../output-files.ts';
import { Progress } from '../progress.ts';
import { print, warn } from '../terminal.ts';
import { changesText, checkText, convertText } from './dataset-text.ts';

interface ReadFlags {
  split?: string;
  format?: DatasetFormat;
  classes?: string;
  map?: ReadonlyMap<string, string>;
  imageFolder?: string;
}

interface WriteFlags {
  images: CopyImages;
  force?: true;
  json?: true;
}

export interface CheckFlags extends ReadFlags, WriteFlags {
  preset?: PresetName;
  decode?: true;
  fix?: string;
}

export interface ConvertFlags extends ReadFlags, WriteFlags {
  to: DatasetFormat;
}

/** @throws as `checkDataset` and `fixDataset` */
export async function runCheck(location: string, flags: CheckFlags): Promise<void> {
  const { preset, decode, fix, images: copyImages, force: overwrite, json } = flags;
  if (fix !== undefined && !overwrite) await requireAbsent([fix]);
  const bar = progressBar();
  const { onProgress } = bar;
  const signal = interruptSignal();
  const options = { ...(await readOptions(flags)), preset, decode, onProgress, signal };
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
      `${checkText(check)}\n${changesText(fixed.changes)}${convertText(fix, fixed)}`;
    await print(json ? toJson({ ...check, fix: written }) : text());
    if (fixed.remaining.length > 0) process.exitCode = EXIT_FAILURE;
  } finally {
    bar.stop();
  }
}

/** @throws as `loadDataset` and `convertDataset` */
export async function runConvert(
  location: string,
  folder: string,
  flags: ConvertFlags,
): Promise<void> {
  const { to, images: copyImages, force: overwrite, json } = flags;
  if (!overwrite) await requireAbsent([folder]);
  const splits = await loadSplits(location, await readOptions(flags));
  for (const warning of splits.flatMap(({ warnings }) => warnings)) {
    warn(`left out: ${formatPlace(warning)}: ${warning.message}`);
  }
  const signal = interruptSignal();
  const report = await convertDataset(splits, to, folder, { copyImages, overwrite, signal });
  await print(json ? toJson(report) : convertText(folder, report));
}

async function readOptions(flags: ReadFlags): Promise<LoadDatasetOptions> {
  const { split, format, map, imageFolder, classes } = flags;
  return { split, format, map, imageFolder, ...(classes && { classes: await classList(classes) }) };
}

/** A bar that appears when the number of images is known. */
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
