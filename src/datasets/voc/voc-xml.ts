/**
 * One PASCAL VOC annotation file. The parser streams, keeps no tree, knows no external entities and
 * refuses a DOCTYPE, so nothing can be expanded.
 */
import { SaxesParser } from 'saxes';
import { toNumber } from '../parse-number.ts';
import type { VocCorners } from './voc-box.ts';

export interface VocAnnotation {
  width?: number;
  height?: number;
  objects: VocObject[];
}

export interface VocObject {
  /** Line of its opening tag. */
  line: number;
  name?: string;
  difficult: boolean;
  /** As written; NaN where missing or not a number. */
  corners: VocCorners;
}

/** A syntax error; the reader adds the file name. */
export class XmlError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Real annotations nest 4 deep. */
const MAX_DEPTH = 32;
/** Messages of the parser repeat names. */
const MAX_MESSAGE = 200;
const CORNERS = ['xmin', 'ymin', 'xmax', 'ymax'] as const;

/**
 * @throws XmlError for malformed XML, a DOCTYPE, or a root element that is not `annotation`
 */
export function parseVocXml(text: string): VocAnnotation {
  const parser = new SaxesParser({ position: true });
  const annotation: VocAnnotation = { objects: [] };
  const open: string[] = [];
  let object: { line: number; fields: Map<string, string> } | undefined;
  let content = '';
  const fail = (message: string): never => {
    throw new XmlError(parser.line, message.slice(0, MAX_MESSAGE));
  };

  parser.on('error', (error) => fail(error.message.replace(/^[\d:]+ /, '')));
  parser.on('doctype', () => fail('a DOCTYPE is not allowed'));
  parser.on('opentag', ({ name }) => {
    if (open.length === 0 && name !== 'annotation') fail(`<${name}> is not a VOC annotation`);
    if (open.length >= MAX_DEPTH) fail(`elements are nested more than ${MAX_DEPTH} deep`);
    open.push(name);
    if (open.length === 2 && name === 'object') object = { line: parser.line, fields: new Map() };
    content = '';
  });
  parser.on('text', (piece) => {
    content += piece;
  });
  parser.on('closetag', () => {
    const field = fieldOf(open);
    if (object && open.length === 2) {
      annotation.objects.push(vocObject(object.line, object.fields));
      object = undefined;
    } else if (object && field !== undefined) object.fields.set(field, content.trim());
    else if (open[1] === 'size' && field === 'width') annotation.width = toNumber(content);
    else if (open[1] === 'size' && field === 'height') annotation.height = toNumber(content);
    open.pop();
    content = '';
  });
  parser.write(text).close();
  return annotation;
}

/**
 * Name of the element below an object or a size: `name`, `bndbox/xmin`. The boxes of an object's parts
 * lie deeper. Names can be long, so no more of a path is put together.
 */
function fieldOf(open: readonly string[]): string | undefined {
  if (open.length === 3) return open[2];
  return open.length === 4 && open[2] === 'bndbox' ? `bndbox/${open[3]}` : undefined;
}

function vocObject(line: number, fields: ReadonlyMap<string, string>): VocObject {
  const [xmin, ymin, xmax, ymax] = CORNERS.map((c) => toNumber(fields.get(`bndbox/${c}`) ?? ''));
  return {
    line,
    name: fields.get('name') || undefined,
    difficult: fields.get('difficult') === '1',
    corners: [xmin, ymin, xmax, ymax],
  };
}
