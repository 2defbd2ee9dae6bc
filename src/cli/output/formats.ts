/** All formats of detections, by name. */
import { COCO_FORMAT } from './coco-format.ts';
import { CSV_FORMAT } from './csv-format.ts';
import { CVAT_FORMAT } from './cvat-format.ts';
import type { ResultFormat } from './format.ts';
import { JSON_FORMAT } from './json-format.ts';
import { JSONL_FORMAT } from './jsonl-format.ts';
import { LABEL_STUDIO_FORMAT } from './label-studio-format.ts';
import { TABLE_FORMAT } from './table-format.ts';
import { VOC_FORMAT } from './voc-format.ts';
import { YOLO_FORMAT } from './yolo-format.ts';

export const FORMATS = {
  table: TABLE_FORMAT,
  json: JSON_FORMAT,
  jsonl: JSONL_FORMAT,
  coco: COCO_FORMAT,
  yolo: YOLO_FORMAT,
  voc: VOC_FORMAT,
  csv: CSV_FORMAT,
  labelstudio: LABEL_STUDIO_FORMAT,
  cvat: CVAT_FORMAT,
} as const satisfies Record<string, ResultFormat>;

export type FormatName = keyof typeof FORMATS;
