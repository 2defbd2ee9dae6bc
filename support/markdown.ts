/** Parses the Markdown of the documents, for tests. */

export interface CodeBlock {
  language: string;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
}

const BLOCK = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Fenced blocks in order. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(BLOCK)].map((match) => ({
    language: match[1],
    code: match[2],
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** Targets of links and images that are not URLs: paths relative to the document, or `#id`. */
export function links(text: string): string[] {
  const matches = text.replace(BLOCK, '').matchAll(/\]\(([^)\s]+)\)/g);
  return [...matches].map(([, target]) => target).filter((target) => !/^\w+:/.test(target));
}

/** Anchors of headings, as repository hosts create them. */
export function headingIds(text: string): string[] {
  return [...text.replace(BLOCK, '').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const NAMED_BLOCK = /^`([^`\n]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm;

/**
 * Files of the sections of a document: blocks below a line with their name, `` `src/app.ts`: ``.
 * @returns a function that returns contents by path for the title of a section
 */
export function sectionsOf(text: string): (title: string) => Record<string, string> {
  const sections = new Map(
    text.split(/^## /m).map((section) => {
      const title = section.slice(0, section.indexOf('\n'));
      const blocks = [...section.matchAll(NAMED_BLOCK)];
      return [title, Object.fromEntries(blocks.map(([, path, code]) => [path, code]))];
    }),
  );
  return (title) => {
    const files = sections.get(title);
    if (!files || Object.keys(files).length === 0) throw new Error(`no files in "${title}"`);
    return files;
  };
}
