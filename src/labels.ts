/** Class names of the common datasets, and allow and deny lists of classes. */
import { didYouMean, listed, RefineDetError } from './errors.ts';
import { type Rule, resolveFields } from './option-checks.ts';

/** The 20 classes of PASCAL VOC, in the devkit's (alphabetical) order. */
export const VOC_CLASSES: readonly string[] = [
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
];

/** The 80 classes of COCO, in the order of their (sparse) category ids. */
export const COCO_CLASSES: readonly string[] = [
  'person',
  'bicycle',
  'car',
  'motorcycle',
  'airplane',
  'bus',
  'train',
  'truck',
  'boat',
  'traffic light',
  'fire hydrant',
  'stop sign',
  'parking meter',
  'bench',
  'bird',
  'cat',
  'dog',
  'horse',
  'sheep',
  'cow',
  'elephant',
  'bear',
  'zebra',
  'giraffe',
  'backpack',
  'umbrella',
  'handbag',
  'tie',
  'suitcase',
  'frisbee',
  'skis',
  'snowboard',
  'sports ball',
  'kite',
  'baseball bat',
  'baseball glove',
  'skateboard',
  'surfboard',
  'tennis racket',
  'bottle',
  'wine glass',
  'cup',
  'fork',
  'knife',
  'spoon',
  'bowl',
  'banana',
  'apple',
  'sandwich',
  'orange',
  'broccoli',
  'carrot',
  'hot dog',
  'pizza',
  'donut',
  'cake',
  'chair',
  'couch',
  'potted plant',
  'bed',
  'dining table',
  'toilet',
  'tv',
  'laptop',
  'mouse',
  'remote',
  'keyboard',
  'cell phone',
  'microwave',
  'oven',
  'toaster',
  'sink',
  'refrigerator',
  'book',
  'clock',
  'vase',
  'scissors',
  'teddy bear',
  'hair drier',
  'toothbrush',
];

/** Maps COCO's class names to VOC's where they differ. */
export const COCO_TO_VOC: Readonly<Record<string, string>> = {
  airplane: 'aeroplane',
  couch: 'sofa',
  'dining table': 'diningtable',
  motorcycle: 'motorbike',
  'potted plant': 'pottedplant',
  tv: 'tvmonitor',
};

/** Most classes in a message: all of VOC. */
const MOST_CLASSES = 20;

interface ClassLists {
  allow?: readonly string[];
  deny?: readonly string[];
}

/** Selects classes: a list of names is an allow list; `deny` removes classes. */
export type ClassFilter = readonly string[] | ClassLists;

const NAMES: Rule = [
  (v) => Array.isArray(v) && v.every((name) => typeof name === 'string'),
  'a list of names',
];

/**
 * One byte per class: 1 if the class is kept.
 * @throws UNKNOWN_CLASS for a name that `classes` does not contain; INVALID_OPTION
 */
export function classMask(classes: readonly string[], filter: ClassFilter | undefined): Uint8Array {
  const mask = new Uint8Array(classes.length).fill(1);
  if (filter === undefined) return mask;
  const lists = (Array.isArray(filter) ? { allow: filter } : filter) as ClassLists;
  const { allow, deny } = resolveFields('classes', lists, {}, { allow: NAMES, deny: NAMES });
  if (allow) {
    mask.fill(0);
    for (const name of allow) mask[classIndex(classes, name)] = 1;
  }
  for (const name of deny ?? []) mask[classIndex(classes, name)] = 0;
  return mask;
}

/**
 * Index of a class name.
 * @throws UNKNOWN_CLASS when `classes` does not contain it
 */
export function classIndex(classes: readonly string[], name: string): number {
  const index = classes.indexOf(name);
  if (index < 0) {
    const known = `; there are ${listed(classes, MOST_CLASSES)}`;
    const hint = didYouMean(name, classes) || (classes.length > 0 ? known : '');
    throw new RefineDetError('UNKNOWN_CLASS', `unknown class "${name}"${hint}`);
  }
  return index;
}
