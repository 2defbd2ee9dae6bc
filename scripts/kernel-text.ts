/** The text form of the kernels that most time is spent in. */

/** Files of assembly/ whose functions are kept as text. */
export const HOT_FILES = [
  'gemm',
  'depthwise',
  'winograd-tiles',
  'byte-gemm',
  'byte-depthwise',
] as const;

/**
 * Text of the functions of one file.
 * @param module in WebAssembly's text format, its functions indented by one space
 */
export function hotText(module: string, file: (typeof HOT_FILES)[number]): string {
  const functions = module
    .split(/^(?= \()/m)
    .filter((part) => part.startsWith(` (func $assembly/${file}/`));
  const texts = functions.map((part) =>
    part.slice(0, part.indexOf('\n )\n') + 4).replace(/^ /gm, ''),
  );
  return `;; Release code of assembly/${file}.ts, written by \`npm run build:wat\`: a change of it shows here.\n\n${texts.join('\n')}`;
}
