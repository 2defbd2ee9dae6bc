/** URLs as the page means them. */

/**
 * A URL that means the same everywhere, a worker included. Where there is no page, in Node or in a
 * worker, the text stays as it is: a path, or what a page has made absolute.
 */
export function absoluteUrl(text: string): string {
  const base = globalThis.document?.baseURI;
  if (base === undefined) return text;
  try {
    return new URL(text, base).href;
  } catch {
    return text; // fetching it says what is wrong
  }
}
