/** A private folder of a target, in which one file is the input. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Tree, writeTree } from '../../datasets/tree.ts';

export interface InputFolder {
  /** Absolute path; created on first use, with the files next to the input. */
  folder(): string;
  /** Writes the input and returns its path. */
  write(input: Uint8Array): string;
}

/** Folders created so far; removed when the process ends. */
const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * @param file path of the input, relative to the folder
 * @param beside the other files
 */
export function inputFolder(file: string, beside: Tree = {}): InputFolder {
  let made: string | undefined;
  const folder = () => {
    if (made) return made;
    const name = mkdtempSync(path.join(tmpdir(), 'refinedet-fuzz-'));
    folders.push(name);
    writeTree(name, beside);
    made = name;
    return name;
  };
  const write = (input: Uint8Array) => {
    writeTree(folder(), { [file]: input });
    return path.join(folder(), file);
  };
  return { folder, write };
}
