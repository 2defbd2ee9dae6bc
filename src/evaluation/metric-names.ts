import type { Metric } from './evaluate.ts';

/** Full names of the metrics. */
export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  voc07: 'PASCAL VOC 2007 (11-point AP)',
  voc12: 'PASCAL VOC 2010–2012 (area under the curve)',
  coco: 'COCO (AP at IoU 0.50:0.05:0.95)',
};
