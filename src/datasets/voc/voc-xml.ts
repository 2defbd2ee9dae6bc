/** One PASCAL VOC annotation file. */
import { isYes, toNumber } from '../parse-number.ts';
import { parseXml } from '../xml.ts';
import type { VocCorners } from './voc-box.ts';

export interface VocAnnotation {
  /** Name of the image as the file states it, often of another time or place. */
  filename?: string;
  width?: number;
  height?: number;
  objects: VocObject[];
}

export interface VocObject {
  /** Line of its opening tag. */
  line: number;
  name?: string;
  difficult: boolean;
  /** Element that occurs twice where one is expected. */
  repeated?: 'name' | 'bndbox';
  /** As written; NaN where missing or not a number. */
  corners: VocCorners;
}

interface OpenObject extends Pick<VocObject, 'line' | 'repeated'> {
  fields: Map<string, string>;
}

const CORNERS = ['xmin', 'ymin', 'xmax', 'ymax'] as const;

/** @throws XmlError for malformed XML, a DOCTYPE, or a root element that is not `annotation` */
export function parseVocXml(text: string): VocAnnotation {
  const annotation: VocAnnotation = { objects: [] };
  let object: OpenObject | undefined;
  parseXml(text, {
    root: 'annotation',
    kind: 'a VOC annotation',
    onOpen(open, _, line) {
      if (open.length === 2 && open[1] === 'object') object = { line, fields: new Map() };
    },
    onClose(open, content) {
      const field = fieldOf(open);
      if (object && open.length === 2) {
        annotation.objects.push(vocObject(object));
        object = undefined;
      } else if (object && field !== undefined) {
        if (object.fields.has(field) && (field === 'name' || field === 'bndbox')) {
          object.repeated = field;
        }
        object.fields.set(field, content);
      } else if (open[1] === 'size' && field === 'width') annotation.width = toNumber(content);
      else if (open[1] === 'size' && field === 'height') annotation.height = toNumber(content);
      else if (open.length === 2 && open[1] === 'filename') annotation.filename = content;
    },
  });
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

function vocObject({ line, fields, repeated }: OpenObject): VocObject {
  const [xmin, ymin, xmax, ymax] = CORNERS.map((c) => toNumber(fields.get(`bndbox/${c}`) ?? ''));
  return {
    line,
    name: fields.get('name') || undefined,
    difficult: isYes(fields.get('difficult')),
    ...(repeated && { repeated }),
    corners: [xmin, ymin, xmax, ymax],
  };
}
