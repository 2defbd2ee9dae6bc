/** Writes the text of one PASCAL VOC annotation file. */
import type { ImageSize } from '../image-size.ts';

export interface WrittenObject {
  name: string;
  /** xmin, ymin, xmax, ymax, counted from 1. */
  corners: readonly number[];
  difficult?: boolean;
  /** No element of VOC's own: what detectors add. */
  score?: number;
}

export function vocXmlText(
  fileName: string,
  { width, height }: ImageSize,
  objects: readonly WrittenObject[],
): string {
  return `<annotation>
	<filename>${escapeXml(fileName)}</filename>
	<size>
		<width>${width}</width>
		<height>${height}</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
${objects.map(vocObjectText).join('')}</annotation>
`;
}

/** One `<object>` with its lines. */
export function vocObjectText({ name, corners, difficult, score }: WrittenObject): string {
  const [xmin, ymin, xmax, ymax] = corners;
  return `	<object>
		<name>${escapeXml(name)}</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<difficult>${difficult ? 1 : 0}</difficult>
${score === undefined ? '' : `		<score>${score}</score>\n`}		<bndbox>
			<xmin>${xmin}</xmin>
			<ymin>${ymin}</ymin>
			<xmax>${xmax}</xmax>
			<ymax>${ymax}</ymax>
		</bndbox>
	</object>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text that may stand between double quotes too. */
export const escapeXmlAttribute = (text: string): string =>
  escapeXml(text).replaceAll('"', ENTITIES['"']);

/** Control characters become spaces: XML 1.0 cannot hold them. */
function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (char) => ENTITIES[char]).replace(/[\p{Cc}\ufffe\uffff]/gu, ' ');
}
