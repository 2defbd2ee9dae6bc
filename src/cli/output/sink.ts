/** Where results go: the standard output, one file, or a file an image. */

import type { Image } from '../inputs.ts';
import { PendingFile, writeWhole } from '../output-files.ts';
import { print } from '../terminal.ts';
import type { ImageResult, ResultFormat, TextDocument } from './format.ts';

export interface ResultSink {
  add(image: Image, result: ImageResult): Promise<void>;
  /** Completes what was written; after an interruption too. */
  finish(): Promise<void>;
  /** Takes back what is not complete. */
  discard(): Promise<void>;
}

type Page = NonNullable<ResultFormat['page']>;

/** Each image's text as soon as it is known. */
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

/** @param files name of each image's file */
export function pageFiles(page: Page, files: ReadonlyMap<Image, string>): ResultSink {
  return {
    add: (image, result) => writeWhole(files.get(image)!, page(result)),
    finish: nothing,
    discard: nothing,
  };
}

async function nothing(): Promise<void> {}
