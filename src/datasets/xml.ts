/**
 * XML of annotation files. The parser streams, keeps no tree, knows no external entities and refuses
 * a DOCTYPE, so nothing can be expanded.
 */
import { SaxesParser } from 'saxes';

/** A syntax error; the reader adds the file name. */
export class XmlError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Real annotations nest 5 deep. */
const MAX_DEPTH = 32;
/** Messages of the parser repeat names. */
const MAX_MESSAGE = 200;

/** What a reader of one kind of file does with its elements. */
export interface XmlHandlers {
  /** Name of the root element. */
  root: string;
  /** What such a file is, in words. */
  kind: string;
  /** @param open names of the open elements, the new one last */
  onOpen(open: readonly string[], attributes: Attributes, line: number): void;
  /** @param text of the element behind its last child, trimmed */
  onClose(open: readonly string[], text: string): void;
}

export type Attributes = Readonly<Record<string, string>>;

/** @throws XmlError for malformed XML, a DOCTYPE, or another root element */
export function parseXml(text: string, { root, kind, onOpen, onClose }: XmlHandlers): void {
  const parser = new SaxesParser({ position: true });
  const open: string[] = [];
  let content = '';
  const fail = (message: string): never => {
    throw new XmlError(parser.line, message.slice(0, MAX_MESSAGE));
  };
  parser.on('error', (error) => fail(error.message.replace(/^[\d:]+ /, '')));
  parser.on('doctype', () => fail('a DOCTYPE is not allowed'));
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length === 0 && name !== root) fail(`<${name}> is not ${kind}`);
    if (open.length >= MAX_DEPTH) fail(`elements are nested more than ${MAX_DEPTH} deep`);
    open.push(name);
    onOpen(open, attributes as Attributes, parser.line);
    content = '';
  });
  parser.on('text', (piece) => {
    content += piece;
  });
  parser.on('cdata', (piece) => {
    content += piece;
  });
  parser.on('closetag', () => {
    onClose(open, content.trim());
    open.pop();
    content = '';
  });
  parser.write(text).close();
}
