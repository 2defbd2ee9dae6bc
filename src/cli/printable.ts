/** Text for people. */

/**
 * The text on one line and without control characters: file names, class names and messages from
 * foreign files must not move the cursor or fake output lines.
 */
export function printable(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Each text on a line of its own, as {@link printable}. */
export const printableLines = (texts: readonly string[]): string =>
  texts.map((text) => `${printable(text)}\n`).join('');

/** `1 image`, `1,234 images` */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** `34.4 M`, `890 k`: three digits and a prefix, for parameters and multiply-accumulates. */
export function metric(n: number): string {
  for (const [factor, prefix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (n >= factor) return `${Number((n / factor).toPrecision(3))} ${prefix}`;
  }
  return String(n);
}

/** `3h05`, `12m`, `40s` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`;
}
