/** Distinct names for files to write, never those of the inputs. */
import path from 'node:path';

export class OutputNames {
  /** In lower case: most file systems outside Linux ignore the case. */
  readonly #taken: Set<string>;

  /** @param inputs files that must not be overwritten */
  constructor(inputs: Iterable<string>) {
    this.#taken = new Set(Array.from(inputs, key));
  }

  /** `folder/stem + ending`, or `stem-2`, `stem-3` … when that is taken. */
  claim(folder: string, stem: string, ending: string): string {
    let file = path.join(folder, stem + ending);
    for (let n = 2; this.#taken.has(key(file)); n++) {
      file = path.join(folder, `${stem}-${n}${ending}`);
    }
    this.#taken.add(key(file));
    return file;
  }
}

const key = (file: string): string => path.resolve(file).toLowerCase();
