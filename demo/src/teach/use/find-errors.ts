/** Where the model and the labels disagree most. */
import type { Box } from '../../../../src/boxes.ts';
import type { Dataset } from '../../../../src/datasets/dataset-types.ts';
import { analyze } from '../../../../src/evaluation/analysis/analyze.ts';
import { Predictions } from '../../../../src/evaluation/predictions.ts';
import type { Session } from '../store/session.ts';
import type { Suggester } from '../suggest/suggester.ts';

/** Errors of each kind that are listed. */
const WORST = 12;

export interface FoundError {
  image: string;
  box: Box;
  /** What is wrong, for people. */
  text: string;
}

/** @param onProgress receives the share of images that have been compared */
export async function findErrors(
  session: Session,
  suggester: Suggester,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<FoundError[]> {
  const classes = [...session.classes];
  const found = new Predictions(await suggester.classes());
  const about = { name: 'labels', root: '', format: 'coco', split: 'train' } as const;
  const dataset: Dataset = { ...about, classes, images: [], warnings: [] };
  const labeled = session.images.filter(({ state }) => state !== 'new');
  for (const [i, { name }] of labeled.entries()) {
    const { boxes } = (await session.store.read(name)).labels;
    const known = boxes.filter(({ label }) => found.classes.includes(label));
    const image = { id: name, fileName: name, path: name, annotationPath: name };
    const truths = known.map(({ label, box, difficult }) => {
      return { classId: classes.indexOf(label), box, difficult, crowd: false };
    });
    dataset.images.push({ ...image, boxes: truths });
    found.add(name, await suggester.detect(await session.store.image(name), signal));
    onProgress((i + 1) / labeled.length);
  }
  const { falsePositives, misses } = analyze(dataset, found, {
    metric: 'voc07',
    scoreThreshold: 0.5,
    worst: WORST,
  });
  const wrong = falsePositives
    .filter(({ score }) => score >= 0.5)
    .map(({ image, box, label, score, kind }): FoundError => {
      const text = `${label} ${Math.round(100 * score)} %: ${KINDS[kind]}`;
      return { image: String(image.id), box, text };
    });
  const missed = misses.map(({ image, box, label }): FoundError => {
    return { image: String(image.id), box, text: `${label}: missed` };
  });
  return [...wrong, ...missed];
}

const KINDS = {
  duplicate: 'found twice',
  confusion: 'another class',
  localization: 'box is off',
  background: 'nothing labeled here',
} as const;
