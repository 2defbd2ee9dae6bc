/** `voc`: a PASCAL VOC annotation a picture; every object carries its score. */
import path from 'node:path';
import type { Detection } from '../../boxes.ts';
import { vocCorners } from '../../datasets/voc-box.ts';
import { type ResultFormat, roundedPixels, roundedScore } from './format.ts';

export const VOC_FORMAT: ResultFormat = {
  extension: '.xml',
  page: ({ file, width, height, detections }) => `<annotation>
	<filename>${escapeXml(path.basename(file))}</filename>
	<size>
		<width>${width}</width>
		<height>${height}</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
${detections.map(objectXml).join('')}</annotation>
`,
};

function objectXml({ label, score, box }: Detection): string {
  const [xmin, ymin, xmax, ymax] = vocCorners(box).map(roundedPixels);
  return `	<object>
		<name>${escapeXml(label)}</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<difficult>0</difficult>
		<score>${roundedScore(score)}</score>
		<bndbox>
			<xmin>${xmin}</xmin>
			<ymin>${ymin}</ymin>
			<xmax>${xmax}</xmax>
			<ymax>${ymax}</ymax>
		</bndbox>
	</object>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (char) => ENTITIES[char]).replace(/\p{Cc}/gu, ' '); // XML 1.0 cannot hold them
}
