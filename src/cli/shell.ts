/** Commands that are printed for the user to copy. */

/** `npx refinedet train --out 'my run'`: with `npx` where this program was started so. */
export function shellCommand(...words: readonly string[]): string {
  const program = process.env['npm_command'] === 'exec' ? ['npx', 'refinedet'] : ['refinedet'];
  return [...program, ...words.map(quoted)].join(' ');
}

/** A word as the usual shell of the system takes it. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (process.platform === 'win32') return `"${word}"`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
