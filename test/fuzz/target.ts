/** Interface of a fuzz target. Each file of `targets/` holds one family; `targets/index.ts` lists them all. */

export interface FuzzTarget {
  name: string;
  /** Valid inputs from generators: the start of mutation. All of them must be accepted. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Pieces with a meaning for the parser. */
  words: readonly (string | Uint8Array)[];
  /**
   * Reads an input to the last byte, and checks the result.
   * @throws RefineDetError for a rejected input; any other error is a defect
   */
  read(input: Uint8Array): unknown;
  /** Folder outside of which no file may be touched. */
  folder?(): string;
  /** Limit of memory for an input, in bytes. Default 32 MiB and 100 times its size. */
  memory?(size: number): number;
}

const utf8 = new TextEncoder();

export const encoded = (text: string): Uint8Array => utf8.encode(text);

/** Checks a result that the parser has accepted. */
export function require(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the parser accepted ${what}`);
}
