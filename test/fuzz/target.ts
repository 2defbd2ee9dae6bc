/** What a fuzz target is. One file of `targets/` a family; `targets/index.ts` lists them all. */

export interface FuzzTarget {
  name: string;
  /** Valid inputs, made by generators: where mutation begins. All of them must be read. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Pieces that mean something to the parser. */
  words: readonly (string | Uint8Array)[];
  /**
   * Reads an input to the last byte, and checks what comes out of it.
   * @throws RefineDetError for an input that is refused; anything else is a defect
   */
  read(input: Uint8Array): unknown;
  /** Files outside this folder must be left alone. */
  folder?(): string;
  /** Memory that an input may cost, in bytes. Default 32 MiB and 100 times its size. */
  memory?(size: number): number;
}

const utf8 = new TextEncoder();

export const encoded = (text: string): Uint8Array => utf8.encode(text);

/** What an outcome must be like even where the parser is satisfied. */
export function require(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the parser let through ${what}`);
}
