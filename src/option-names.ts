/** Suggests an option for an unknown name. */
import { didYouMean, listed } from './errors.ts';

/**
 * Names that other libraries use, in lower case without `_` and `-`, each with our names for the same
 * option. The first of our names that is known, or whose group is known, becomes the suggestion.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  augment: ['augmentation'],
  batchsize: ['batch'],
  conf: ['scoreThreshold'],
  confidence: ['scoreThreshold'],
  decay: ['weightDecay', 'optimizer.weightDecay'],
  device: ['backend'],
  ema: ['averageDecay'],
  gradientaccumulation: ['accumulate'],
  imagesize: ['inputSize', 'inputSizes'],
  imgsz: ['inputSize', 'inputSizes'],
  iou: ['nmsThreshold', 'iouThreshold'],
  labels: ['classes'],
  limit: ['maxDetections', 'evaluation.images'],
  lr: ['learningRate', 'schedule.learningRate'],
  map: ['classMap'],
  maxdet: ['maxDetections'],
  metric: ['evaluation.metric'],
  momentum: ['optimizer.momentum'],
  names: ['classes'],
  nms: ['nmsThreshold'],
  pretrained: ['init'],
  scheduler: ['schedule'],
  size: ['inputSize', 'inputSizes'],
  threshold: ['scoreThreshold', 'positive'],
  val: ['validation'],
  valid: ['validation'],
  warmup: ['warmUp', 'warmupSteps', 'schedule.warmupSteps'],
  weightdecay: ['optimizer.weightDecay'],
};

/** Returns ` (did you mean "x"?)`, or the list of known names when none is close. */
export function suggestName(name: string, known: readonly string[]): string {
  const word = name.toLowerCase().replace(/[-_]/g, '');
  const meant = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : [];
  const synonym = meant.find((option) => known.includes(option.split('.')[0]));
  if (synonym !== undefined) return ` (did you mean "${synonym}"?)`;
  return didYouMean(name, known) || (known.length > 0 ? `; known are ${listed(known)}` : '');
}
