/** A summary of a model in one line. */
import type { Model } from '../model/model.ts';
import { counted, metric } from './printable.ts';

/** `refinedet320-vgg16 with 20 classes: 71 tensors, 34.4 M parameters` */
export function modelLine({ config, weights }: Model): string {
  const { preset, classes } = config;
  const values = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  return `${preset} with ${counted(classes.length, 'class', 'classes')}: ${counted(weights.size, 'tensor')}, ${metric(values)} parameters`;
}
