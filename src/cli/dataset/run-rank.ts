/** `refinedet dataset rank`: the images worth labeling next, as JSONL on stdout. */
import { imagesToRank } from '../../datasets/rank/images-to-rank.ts';
import { type RankedImage, rankImage } from '../../datasets/rank/rank-image.ts';
import { detectInOrder } from '../../evaluation/detect-dataset.ts';
import { EXIT_FAILURE, reportError } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { dataPart, withSplit } from '../options/data-part.ts';
import { roundedPixels, roundedScore } from '../output/format.ts';
import { Progress } from '../progress.ts';
import { startRunner, workersFor } from '../runner/runner.ts';
import { print, warn } from '../terminal.ts';
import type { RankFlags } from './dataset-options.ts';

/** Below this a detection is noise rather than doubt. */
const SCORE_THRESHOLD = 0.05;

/** @throws FILE_NOT_FOUND, DATASET_*, NO_DEFAULT_MODEL, MODEL_*, ABORTED */
export async function runRank(data: string, flags: RankFlags): Promise<void> {
  const { dataFormat: format, map, imageFolder, limit, threads } = flags;
  const signal = interruptSignal();
  const { path, split } = withSplit(dataPart(data), flags.split);
  const { images, classes } = await imagesToRank(path, { split, format, map, imageFolder });
  const model = await loadNamedModel(flags.model, signal);
  const known = new Set(model.config.classes);
  const workers = workersFor(images.length, flags.workers);
  const { detector } = await startRunner(model, { workers, threads, warn, signal });
  const progress = new Progress(images.length, flags);
  const ranked: RankedImage[] = [];
  try {
    const source = detectInOrder(detector, { scoreThreshold: SCORE_THRESHOLD });
    const all = images.map(({ image }) => image);
    for await (const { index, detections, error } of source(all, signal)) {
      progress.advance();
      if (error) {
        reportError(error);
        process.exitCode = EXIT_FAILURE;
      } else ranked.push(rankImage(images[index], detections, classes, known));
    }
  } finally {
    progress.stop();
    await detector.dispose();
  }
  const best = ranked.sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1));
  await print(best.slice(0, limit).map(line).join(''));
}

function line(ranked: RankedImage): string {
  const rounded = (key: string, value: unknown) => {
    if (typeof value !== 'number') return value;
    return ['x', 'y', 'width', 'height'].includes(key) ? roundedPixels(value) : roundedScore(value);
  };
  return `${JSON.stringify(ranked, rounded)}\n`;
}
