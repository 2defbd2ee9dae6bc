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
 * Text of the functions of one file. A function that is in several modules is that of the first one.
 * @param modules in WebAssembly's text format, their functions indented by one space
 */
export function hotText(modules: readonly string[], file: (typeof HOT_FILES)[number]): string {
  const texts = new Map<string, string>();
  for (const part of modules.flatMap((module) => module.split(/^(?= \()/m))) {
    const [, name] = /^ \(func \$assembly\/([^ ]+)/.exec(part) ?? [];
    if (!name?.startsWith(`${file}/`) || texts.has(name)) continue;
    texts.set(name, part.slice(0, part.indexOf('\n )\n') + 4).replace(/^ /gm, ''));
  }
  return `;; Release code of assembly/${file}.ts, written by \`npm run build:wat\`: a change of it shows here.\n\n${[...texts.values()].join('\n')}`;
}
