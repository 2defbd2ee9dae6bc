/**
 * `coco`: a whole COCO dataset with scores, for labeling tools; its `annotations` are a COCO
 * results list. Category ids count from 1 in the order of the model's classes.
 */

import { roundedDetection, roundedPixels } from '../../rounding.ts';
import { hasArea, type ResultFormat } from './format.ts';

export const COCO_FORMAT: ResultFormat = {
  extension: '.json',
  document({ classes }) {
    // Annotations are written at once; the short records of the images follow at the end.
    const images: string[] = [];
    let annotations = 0;
    return {
      start: '{"annotations":[',
      image({ file, width, height, detections }) {
        const imageId = images.length + 1;
        images.push(JSON.stringify({ id: imageId, file_name: file, width, height }));
        const rounded = detections.map(roundedDetection);
        const whole = rounded.filter(({ box }) => hasArea(box.width, box.height));
        const lines = whole.map(({ classId, score, box }) => {
          const opening = annotations++ === 0 ? '\n' : ',\n';
          const record = {
            id: annotations,
            image_id: imageId,
            category_id: classId + 1,
            bbox: [box.x, box.y, box.width, box.height],
            area: roundedPixels(box.width * box.height),
            iscrowd: 0,
            score,
          };
          return opening + JSON.stringify(record);
        });
        return lines.join('');
      },
      end() {
        const categories = classes.map((name, id) => JSON.stringify({ id: id + 1, name }));
        return `\n],\n"images":${list(images)},\n"categories":${list(categories)}}\n`;
      },
    };
  },
};

function list(records: readonly string[]): string {
  return records.length === 0 ? '[]' : `[\n${records.join(',\n')}\n]`;
}
