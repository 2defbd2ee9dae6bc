/** Plain aligned text. */

export type Cell = string | number;

/**
 * Rows under a header, two spaces apart: numbers to the right, text to the left.
 * @returns lines, each without trailing spaces
 */
export function textTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const shown = rows.map((row) => row.map(String));
  const widths = header.map((title, column) =>
    shown.reduce((width, row) => Math.max(width, row[column].length), title.length),
  );
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  return [header, ...shown].map((row) =>
    row
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** A bar of block characters in steps of an eighth, for a fraction in [0, 1]. */
export function textBar(fraction: number, width: number): string {
  const eighths = Math.round(fraction * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', ...'▏▎▍▌▋▊▉'][eighths % 8];
}
