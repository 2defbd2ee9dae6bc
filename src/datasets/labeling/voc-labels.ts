/** Labels as PASCAL VOC XML. What the labels do not hold, such as poses and parts, stays as it was. */

import type { ImageSize } from '../image-size.ts';
import { boxFromVocCorners, vocCorners } from '../voc/voc-box.ts';
import { parseVocXml, type VocObject } from '../voc/voc-xml.ts';
import { escapeXmlAttribute, vocObjectText, vocXmlText } from '../voc/voc-xml-text.ts';
import { isSameBox, type LabelBox } from './label-boxes.ts';

/** @throws XmlError */
export function readVocLabels(text: string): LabelBox[] {
  return parseVocXml(text).objects.flatMap((object) => labelBox(object) ?? []);
}

/**
 * @param before text of the file until now: objects that have not changed keep their lines, objects that cannot
 *   be read too
 * @throws XmlError for a malformed `before`
 */
export function writeVocLabels(
  fileName: string,
  size: ImageSize,
  boxes: readonly LabelBox[],
  before?: string,
): string {
  const objects = boxes.map((box) => ({ box, text: objectText(box) }));
  if (before === undefined) return vocXmlText(fileName, size, boxes.map(writtenObject));
  const parsed = parseVocXml(before).objects.map(labelBox);
  const texts: readonly string[] = before.match(OBJECT) ?? [];
  if (texts.length !== parsed.length) return vocXmlText(fileName, size, boxes.map(writtenObject));
  const kept: string[] = [];
  parsed.forEach((old, i) => {
    const same = old && objects.find(({ box }) => isSameBox(box, old));
    if (same) same.text = texts[i];
    else if (!old) kept.push(texts[i]);
  });
  const start = texts.length > 0 ? before.indexOf(texts[0]) : before.lastIndexOf('</annotation>');
  const rest = before.slice(start).replace(OBJECT, '');
  return before.slice(0, start) + [...objects.map(({ text }) => text), ...kept].join('') + rest;
}

/**
 * Gives objects of a class another one; without `to`, deletes them. Everything else stays as it was.
 * @returns undefined where the text does not say which lines are which object
 * @throws XmlError
 */
export function replaceVocClass(text: string, from: string, to?: string): string | undefined {
  const names = parseVocXml(text).objects.map(({ name }) => name);
  if (!names.includes(from)) return text;
  if (text.match(OBJECT)?.length !== names.length) return undefined;
  let index = 0;
  const replaced = text.replace(OBJECT, (object) => {
    if (names[index++] !== from) return object;
    if (to === undefined) return '';
    // Parts, which come later, have names too.
    return object.replace(NAME, (_, start, end) => start + escapeXmlAttribute(to) + end);
  });
  const next = names.flatMap((name) => (name === from ? (to ?? []) : [name]));
  const found = parseVocXml(replaced).objects.map(({ name }) => name);
  return found.join('\n') === next.join('\n') ? replaced : undefined;
}

const NAME = /(<name\s*>)[^<]*(<\/name\s*>)/;

/** Objects have parts, but no objects in them. */
const OBJECT = /[ \t]*<object\b[\s\S]*?<\/object\s*>[ \t]*\r?\n?/g;

function labelBox({ name, corners, difficult }: VocObject): LabelBox | undefined {
  const box = boxFromVocCorners(corners);
  const isBox = corners.every(Number.isFinite) && box.width > 0 && box.height > 0;
  return isBox && name !== undefined ? { label: name, box, difficult } : undefined;
}

const objectText = (box: LabelBox): string => vocObjectText(writtenObject(box));

function writtenObject({ label, box, difficult }: LabelBox) {
  const corners = vocCorners(box).map((value) => Math.round(value * 1e4) / 1e4);
  return { name: label, corners, difficult };
}
