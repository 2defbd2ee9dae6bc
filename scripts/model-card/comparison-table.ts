/** The table of the model card that compares detectors. */
import { CLASS_SETS, hasBoxes, meanPercent } from '../../bench/accuracy/class-sets.ts';
import type { Accuracy, SplitAccuracy } from '../../bench/accuracy/results.ts';
import { markdownTable } from '../../bench/harness.ts';

/** All detectors on all splits: mAP at 0.5 by eleven points (by area, COCO AP). */
export function comparisonTable(results: readonly Accuracy[]): string {
  const columns = fairly(results).flatMap(({ found }, split) =>
    CLASS_SETS.filter(([, classes]) => hasBoxes(found, classes)).map(([name, classes]) => ({
      title: `${found.data}: ${name}`,
      split,
      classes,
    })),
  );
  const header = ['detector', ...columns.map(({ title }) => title), 'MB', 'load', 'per image'];
  // Uses one set of images for all detectors, so that times are comparable.
  const timed = results[0].splits.findIndex((_, i) => results.every(({ splits }) => splits[i]));
  const rows = results.map(({ name, bytes, loadMs, splits }) => [
    name,
    ...columns.map(({ split, classes }) => cell(splits[split], classes)),
    (bytes / 1e6).toFixed(1),
    `${loadMs.toFixed(0)} ms`,
    imageTime(splits[timed]),
  ]);
  return markdownTable(header, rows);
}

/**
 * Returns the results of each split for the first detector that was not trained on it.
 * @throws when all detectors were trained on a split
 */
function fairly(results: readonly Accuracy[]): { name: string; found: SplitAccuracy }[] {
  return results[0].splits.map((_, i) => {
    for (const { name, splits } of results) {
      const found = splits[i];
      if (found) return { name, found };
    }
    throw new Error(`every detector was trained on split ${i + 1}`);
  });
}

function imageTime(found: SplitAccuracy | null | undefined): string {
  return found ? `${found.millisecondsAImage.toFixed(0)} ms` : '–';
}

function cell(found: SplitAccuracy | null, classes: readonly string[]): string {
  if (!found || !classes.every((label) => label in found.boxes)) return '–';
  const [eleven, area, coco] = [found.voc07, found.voc12, found.coco].map((perClass) =>
    meanPercent(perClass, classes).toFixed(1),
  );
  return `${eleven} (${area}, ${coco})`;
}
