/** `cvat`: one file of CVAT for images 1.1, which a CVAT task imports as annotations. */
import type { Detection } from '../../boxes.ts';
import { escapeXmlAttribute } from '../../datasets/voc/voc-xml-text.ts';
import { roundedDetection, roundedPixels } from '../../rounding.ts';
import { hasArea, type ResultFormat } from './format.ts';

export const CVAT_FORMAT: ResultFormat = {
  extension: '.xml',
  document({ classes }) {
    let id = 0;
    const labels = classes.map((name) => `<label><name>${escapeXmlAttribute(name)}</name></label>`);
    return {
      start: `<?xml version="1.0" encoding="utf-8"?>
<annotations>
<version>1.1</version>
<meta><task><labels>${labels.join('')}</labels></task></meta>
`,
      image({ file, width, height, detections }) {
        const name = escapeXmlAttribute(file);
        const boxes = detections.map(roundedDetection).map(boxElement).join('');
        return `<image id="${id++}" name="${name}" width="${width}" height="${height}">\n${boxes}</image>\n`;
      },
      end: () => '</annotations>\n',
    };
  },
};

function boxElement({ label, box: { x, y, width, height } }: Detection): string {
  if (!hasArea(width, height)) return '';
  const [right, bottom] = [roundedPixels(x + width), roundedPixels(y + height)];
  const corners = `xtl="${x}" ytl="${y}" xbr="${right}" ybr="${bottom}"`;
  return `<box label="${escapeXmlAttribute(label)}" source="auto" occluded="0" ${corners} z_order="0"></box>\n`;
}
