/** Plans the output files before detection starts. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isFolder } from '../../datasets/dataset-files.ts';
import { RefineDetError } from '../../errors.ts';
import type { WritableFormat } from '../../image/node/encode.ts';
import { ANNOTATED_MARK, type Image, STDIN } from '../inputs.ts';
import type { ResultFormat } from '../output/format.ts';
import { FORMATS } from '../output/formats.ts';
import {
  documentFile,
  pageFiles,
  printedDocument,
  printedPages,
  type ResultSink,
} from '../output/sink.ts';
import { requireAbsent } from '../output-files.ts';
import { OutputNames } from '../output-names.ts';
import { colorsFor, NO_COLORS } from '../terminal.ts';
import type { DetectFlags } from './detect-flags.ts';

/** Default folder of annotated images. */
const SAVE_FOLDER = 'detections';
/** Names that look like a file of results. */
const FILE_NAME = /\.(jsonl?|csv|txt|xml)$/i;
/** Base name of the file with all results. */
const DOCUMENT_STEM = 'detections';

export interface AnnotatedFile {
  file: string;
  format: WritableFormat;
}

export interface Outputs {
  sink: ResultSink;
  /** Files of annotated images; empty without `--save`. */
  annotated: ReadonlyMap<Image, AnnotatedFile>;
  /** Descriptions of the output folders, for the summary. */
  places: string[];
}

/**
 * @throws USAGE when the format cannot be printed, FILE_WRITE when a file exists and may not be
 *   replaced
 */
export async function planOutputs(
  images: readonly Image[],
  flags: DetectFlags,
  classes: readonly string[],
): Promise<Outputs> {
  const inputs = images.map(({ file }) => file).filter((file) => file !== STDIN);
  const names = new OutputNames(inputs);
  const { sink, places } = await planResults(images, flags, classes, names);
  if (!flags.save) return { sink, places, annotated: new Map() };
  const folder = typeof flags.save === 'string' ? flags.save : (flags.out ?? SAVE_FOLDER);
  const annotated = new Map(images.map((image) => [image, annotatedFile(folder, image, names)]));
  return { sink, annotated, places: [...places, `images in ${folder}${path.sep}`] };
}

/** PNG stays PNG; the others become JPEG. */
function annotatedFile(folder: string, { file, stem }: Image, names: OutputNames): AnnotatedFile {
  const [format, extension] = /\.png$/i.test(file)
    ? (['png', '.png'] as const)
    : (['jpeg', '.jpg'] as const);
  return { file: names.claim(folder, stem, ANNOTATED_MARK + extension), format };
}

async function planResults(
  images: readonly Image[],
  { format: name, out, force }: DetectFlags,
  classes: readonly string[],
  names: OutputNames,
): Promise<Omit<Outputs, 'annotated'>> {
  const known = name ?? (out === undefined ? 'table' : 'json');
  if (known === 'mot') throw new RefineDetError('USAGE', '--format mot is for videos');
  const format: ResultFormat = FORMATS[known];
  if (out !== undefined && FILE_NAME.test(out) && !(await isFolder(out))) {
    throw new RefineDetError(
      'USAGE',
      `--out is a folder, not a file such as "${out}"; to write one file, redirect the output: > ${out}`,
    );
  }
  const { page, extension } = format;
  const colors = out === undefined ? colorsFor(process.stdout) : NO_COLORS;
  const document = format.document?.({ classes, colors });
  if (out === undefined) {
    if (document) return { sink: printedDocument(document), places: [] };
    if (images.length > 1) {
      throw new RefineDetError(
        'USAGE',
        `--format ${name} writes one file for each of the ${images.length} images: give --out DIR`,
      );
    }
    return { sink: printedPages(page!), places: [] };
  }
  if (page) {
    const { name: listName, text } = format.listing?.({ classes, colors }) ?? {};
    const list = listName && names.claim(out, path.parse(listName).name, path.extname(listName));
    const files = new Map(images.map((image) => [image, names.claim(out, image.stem, extension)]));
    const isSame = list && (await readFile(list, 'utf8').catch(() => undefined)) === text;
    const added = list && !isSame ? { file: list, text: text! } : undefined;
    if (!force) await requireAbsent([...files.values(), ...(added ? [added.file] : [])]);
    return { sink: pageFiles(page, files, added), places: [`results in ${out}${path.sep}`] };
  }
  const file = names.claim(out, DOCUMENT_STEM, extension);
  if (!force) await requireAbsent([file]);
  return { sink: await documentFile(document!, file), places: [`results in ${file}`] };
}
