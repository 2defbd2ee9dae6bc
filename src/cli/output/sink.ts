/** Destinations of results: the standard output, one file, or one file per image. */
import type { Image } from '../inputs.ts';
import { PendingFile, writeWhole } from '../output-files.ts';
import { print } from '../terminal.ts';
import type { ImageResult, ResultFormat, TextDocument } from './format.ts';

export interface ResultSink {
  add(image: Image, result: ImageResult): Promise<void>;
  /** Completes the output, also after an interruption. */
  finish(): Promise<void>;
  /** Removes incomplete output. */
  discard(): Promise<void>;
}

type Page = NonNullable<ResultFormat['page']>;

/** Prints the text of each image as soon as it is known. */
export function printedPages(page: Page): ResultSink {
  return { add: (_, result) => print(page(result)), finish: nothing, discard: nothing };
}

export function printedDocument(document: TextDocument): ResultSink {
  let started = false;
  const start = async () => {
    if (!started) await print(document.start ?? '');
    started = true;
  };
  return {
    async add(_, result) {
      await start();
      await print(document.image(result));
    },
    async finish() {
      await start();
      await print(document.end?.() ?? '');
    },
    discard: nothing,
  };
}

export async function documentFile(document: TextDocument, file: string): Promise<ResultSink> {
  const pending = await PendingFile.create(file);
  await pending.write(document.start ?? '');
  return {
    add: (_, result) => pending.write(document.image(result)),
    async finish() {
      await pending.write(document.end?.() ?? '');
      await pending.commit();
    },
    discard: () => pending.discard(),
  };
}

/**
 * @param files name of the file of each image
 * @param listing a file beside them
 */
export function pageFiles(
  page: Page,
  files: ReadonlyMap<Image, string>,
  listing?: { file: string; text: string },
): ResultSink {
  return {
    add: (image, result) => writeWhole(files.get(image)!, page(result)),
    finish: async () => {
      if (listing) await writeWhole(listing.file, listing.text);
    },
    discard: nothing,
  };
}

async function nothing(): Promise<void> {}
