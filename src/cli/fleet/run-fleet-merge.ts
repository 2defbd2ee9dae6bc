/** `refinedet fleet merge`. */
import { RefineDetError } from '../../errors.ts';
import { Manifest } from '../../fleet/manifest.ts';
import { isFailedImage, mergedImages } from '../../fleet/merge-shards.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import { EXIT_FAILURE, reportError } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import type { TextDocument } from '../output/format.ts';
import { FORMATS } from '../output/formats.ts';
import { PendingFile, requireAbsent } from '../output-files.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { NO_COLORS, outputClosed, print } from '../terminal.ts';
import type { MergeFlags } from './fleet-options.ts';

/** Characters that are collected before they are written. */
const PIECE = 2 ** 16;

/**
 * Writes the results of all images; those that failed are reported, as `detect` does.
 * @throws MANIFEST_FORMAT, SHARDS_FAILED, FILE_NOT_FOUND, FETCH_FAILED, FILE_WRITE, ABORTED
 */
export async function runMerge(uri: string, flags: MergeFlags): Promise<void> {
  const { format = 'jsonl', out, force, timeout } = flags;
  const signal = interruptSignal();
  if (out !== undefined && !force) await requireAbsent([out]);
  const storage = new Storage({ timeout });
  const manifest = await Manifest.open(uri, storage, signal);
  const { classes } = manifest.header.model;
  const document = FORMATS[format].document!({ classes, colors: NO_COLORS });
  const pending = out === undefined ? undefined : await PendingFile.create(out);
  const write = (text: string) => (pending ? pending.write(text) : print(text));
  const progress = new Progress(out === undefined ? 0 : manifest.header.inputs, flags);
  try {
    const failures = await writeAll(
      mergedImages(manifest, storage, signal),
      document,
      write,
      progress,
    );
    await pending?.commit();
    if (failures > 0) process.exitCode = EXIT_FAILURE;
    const failed = failures > 0 ? `, ${failures} failed` : '';
    progress.stop();
    if (pending && !flags.quiet) {
      const images = counted(manifest.header.inputs, 'image');
      process.stderr.write(`refinedet: ${images}${failed}; results in ${out}\n`);
    }
  } catch (error) {
    await pending?.discard();
    throw error;
  } finally {
    progress.stop();
  }
}

/** @returns the number of images that failed */
async function writeAll(
  images: ReturnType<typeof mergedImages>,
  document: TextDocument,
  write: (text: string) => Promise<void>,
  progress: Progress,
): Promise<number> {
  let failures = 0;
  let text = document.start ?? '';
  for await (const { value } of images) {
    if (isFailedImage(value)) {
      progress.clear();
      const { code, message } = value.error;
      reportError(new RefineDetError(code, message));
      failures++;
    } else text += document.image(value);
    progress.advance();
    if (outputClosed()) return failures;
    if (text.length < PIECE) continue;
    await write(text);
    text = '';
  }
  await write(text + (document.end?.() ?? ''));
  return failures;
}
