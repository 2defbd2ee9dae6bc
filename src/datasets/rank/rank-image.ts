/**
 * How much is to be learned from labeling an image: what a model is unsure of (the margin of its
 * most uncertain detection, Brust et al. 2018), and where model and labels disagree.
 */
import { boxIou, type Detection } from '../../boxes.ts';
import type { DatasetImage, GroundTruth } from '../dataset-types.ts';

/** A labeled object that the model does not find. */
export type MissedObject = Pick<Detection, 'label' | 'box'>;

/** An image with the reasons for its place. */
export interface RankedImage {
  /** Absolute. */
  file: string;
  /** 0 to 1, the larger of the next two. */
  score: number;
  /** 1 for a detection of score 0.5, 0 when all are sure. */
  uncertainty: number;
  /** Share of labels and sure detections without a partner; null for an image without labels. */
  disagreement: number | null;
  /** Labels that no sure detection confirms. */
  missed: MissedObject[];
  /** Sure detections that no label confirms. */
  extra: Omit<Detection, 'classId'>[];
}

/** What counts as found, as when scores are shown to people. */
const SURE = 0.5;
/** As in evaluation. */
const MATCH_IOU = 0.5;

/**
 * @param image with its labels, if `isLabeled`
 * @param classes of the labels; those that the model does not know are left out
 * @param known classes of the model
 */
export function rankImage(
  { image, isLabeled }: { image: DatasetImage; isLabeled: boolean },
  detections: readonly Detection[],
  classes: readonly string[],
  known: ReadonlySet<string>,
): RankedImage {
  const file = image.path;
  const margins = detections.map(({ score }) => 1 - Math.abs(2 * score - 1));
  const uncertainty = Math.max(0, ...margins);
  const sure = detections.filter(({ score }) => score >= SURE);
  if (!isLabeled) {
    const none = { missed: [], extra: [] };
    return { file, score: uncertainty, uncertainty, disagreement: null, ...none };
  }
  const truths = image.boxes.filter(({ classId }) => known.has(classes[classId]));
  const wanted = truths.filter(({ crowd, difficult }) => !crowd && !difficult);
  const partners = new Set<GroundTruth>();
  const extra = sure.filter((detection) => {
    const fits = ({ classId, box }: GroundTruth) =>
      classes[classId] === detection.label && boxIou(box, detection.box) >= MATCH_IOU;
    const partner = wanted.find((truth) => !partners.has(truth) && fits(truth));
    if (partner) partners.add(partner);
    // What is marked as difficult or crowded may be found or not.
    return !partner && !truths.some((truth) => !wanted.includes(truth) && fits(truth));
  });
  const missed = wanted.filter((truth) => !partners.has(truth));
  const total = wanted.length + extra.length;
  const disagreement = total === 0 ? 0 : (missed.length + extra.length) / total;
  return {
    file,
    score: Math.max(uncertainty, disagreement),
    uncertainty,
    disagreement,
    missed: missed.map(({ classId, box }) => ({ label: classes[classId], box })),
    extra: extra.map(({ label, score, box }) => ({ label, score, box })),
  };
}
