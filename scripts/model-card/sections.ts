/** Replaces sections of a hand-written text: `<!-- name -->` … `<!-- /name -->`. */

/** @throws when a marker is missing: otherwise the figures would become outdated without notice */
export function insertSections(text: string, sections: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [name, content] of Object.entries(sections)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [result.indexOf(open), result.indexOf(close)];
    if (start < 0 || end < start) throw new Error(`the text has no section "${name}"`);
    result = `${result.slice(0, start + open.length)}\n${content}\n${result.slice(end)}`;
  }
  return result;
}
