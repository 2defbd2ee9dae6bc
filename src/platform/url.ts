/** URLs relative to the page. */

/**
 * Resolves a URL so that it is the same everywhere, workers included. Without a page (in Node
 * or in a worker) the text stays unchanged: a path, or a URL that a page has already resolved.
 */
export function absoluteUrl(text: string): string {
  const base = globalThis.document?.baseURI;
  if (base === undefined) return text;
  try {
    return new URL(text, base).href;
  } catch {
    return text; // fetching it reports the error
  }
}
