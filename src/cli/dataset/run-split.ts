/** `refinedet dataset split`: draws splits and writes them to a new folder. */
import path from 'node:path';
import { WRITTEN_FORMATS } from '../../datasets/dataset-types.ts';
import { convertDataset, findCopies, loadDataset, splitDataset } from '../../datasets/index.ts';
import { interruptSignal } from '../interrupt.ts';
import { givenClasses } from '../options/class-list.ts';
import { dataPart, withSplit } from '../options/data-part.ts';
import { requireAbsent } from '../output-files.ts';
import { counted, printableLines } from '../printable.ts';
import { shellCommand } from '../shell.ts';
import { print } from '../terminal.ts';
import type { SplitFlags } from './dataset-options.ts';

/** @throws as `loadDataset`, `splitDataset` and `convertDataset` */
export async function runSplit(data: string, flags: SplitFlags): Promise<void> {
  const { val, test, seed, groups, map, imageFolder, images: copyImages, force: overwrite } = flags;
  const { path: location, split } = withSplit(dataPart(data), flags.split);
  const folder = flags.out ?? besides(location);
  if (!overwrite) await requireAbsent([folder]);
  const classes = await givenClasses(flags.classes);
  const read = { split, format: flags.dataFormat, map, imageFolder, classes };
  const dataset = await loadDataset(location, read);
  const result = splitDataset(dataset, {
    val,
    test,
    seed,
    groups,
    copies: await findCopies(dataset),
  });
  const to = flags.to ?? WRITTEN_FORMATS.find((format) => format === dataset.format) ?? 'coco';
  const signal = interruptSignal();
  const written = await convertDataset(result.splits, to, folder, {
    copyImages,
    overwrite,
    signal,
  });
  const { count } = result;
  if (flags.json) {
    const sizes = Object.fromEntries(result.splits.map((part) => [part.split, part.images.length]));
    const report = { folder, format: to, groups: result.groups, count, splits: sizes, ...written };
    return print(`${JSON.stringify(report, null, 2)}\n`);
  }
  const sizes = result.splits.map((part) => `${part.split} ${part.images.length}`).join(', ');
  const kept =
    result.groups === 'none'
      ? 'each image by itself'
      : `${counted(count, 'group')} by ${result.groups}`;
  const lines = [
    `wrote ${folder} (${to}): ${sizes} images, drawn ${kept}`,
    ...written.losses.map((loss) => `lost: ${loss}`),
    `train: ${shellCommand('train', '--data', `${folder}:train`, '--val', `${folder}:val`, '--out', 'runs/first')}`,
  ];
  await print(printableLines(lines));
}

/** `boxes` → `boxes-split`, `coco.json` → `coco-split` */
function besides(location: string): string {
  const isDots = /^\.{1,2}$/.test(path.basename(location));
  const whole = isDots ? path.resolve(location) : location.replace(/[\\/]+$/, '');
  return `${whole.replace(/\.(json|ya?ml|xml|csv)$/i, '')}-split`;
}
