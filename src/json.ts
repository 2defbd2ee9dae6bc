/** JSON of foreign files. */

const [QUOTE, BACKSLASH] = ['"', '\\'].map((char) => char.charCodeAt(0));
const [OPEN, CLOSE] = ['[{', ']}'].map((pair) => [...pair].map((char) => char.charCodeAt(0)));

/** Deeper than any file of ours; walking or writing 100,000 levels overflows the stack. */
const MAX_DEPTH = 64;

/**
 * As JSON.parse, for values of at most 64 levels.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = stringEnd(text, at);
    else if (OPEN.includes(char)) depth++;
    else if (CLOSE.includes(char)) depth--;
    if (depth > MAX_DEPTH) throw new SyntaxError(`values are nested more than ${MAX_DEPTH} deep`);
  }
  return JSON.parse(text);
}

/** Whether a JSON value is an object and not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Position of the closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}
