/**
 * Frames of boxes. An annotation states the size of the image that its boxes were drawn on. When the
 * file has another size, either that size is wrong or the boxes are: cameras store images turned
 * (EXIF), and people resize images after labeling. What the boxes fit into tells the two apart.
 */
import type { Box } from '../boxes.ts';
import { RefineDetError } from '../errors.ts';
import { type ImageHeader, uprightSize } from '../image/header.ts';
import { orientBox } from '../image/orient.ts';
import { clipBox } from './check/check-boxes.ts';
import { mapConcurrently } from './dataset-files.ts';
import type { Dataset, DatasetImage } from './dataset-types.ts';
import { type ImageSize, readImageFileHeader } from './image-size.ts';

/**
 * Which frame the boxes of an image are in: the `file`'s upright pixels, or those of the image as it
 * was `stated`, from where they can be turned or scaled; `unknown` when nothing tells.
 */
export type Frame = 'file' | 'stated' | 'unknown';

/** What one image tells by itself: its boxes may fit both frames. */
type Evidence = Frame | 'either';

/** Share of a box that may lie outside of its own frame: a sloppy hand draws no more than half too much. */
const SLOPPY_SHARE = 0.5;
/** Share of an image's boxes, or of images, that may be plain mistakes. */
const MISTAKES = 0.1;
/** How sure others must be to decide for an image: share of those that tell, and of all. */
const MAJORITY = 0.75;
const QUORUM = 0.25;
/** How unlikely it must be that boxes of the larger frame stay within the smaller one by chance. */
const CHANCE = 1e-3;
/** Boxes of many images together reach that far across their own frame. */
const REACH = 0.75;
/** Sides are rounded to whole pixels when an image is resized. */
const RATIO_TOLERANCE = 0.01;

/**
 * The frame of every image whose stated size is not that of its file, or that EXIF turns without
 * changing its size. Images that do not tell follow the others if these are clear; one of another
 * size that contradicts them is unknown, because a wrong box explains that as well.
 * @param headers by path; images without one are left out
 */
export function findFrames(
  images: readonly DatasetImage[],
  headers: ReadonlyMap<string, ImageHeader | undefined>,
): Map<DatasetImage, Frame> {
  const evidence = new Map<DatasetImage, Evidence>();
  const turned: Evidence[] = [];
  const resized: Resized[] = [];
  for (const image of images) {
    const header = headers.get(image.path);
    const found = header && frameEvidence(image, header);
    if (found === undefined) continue;
    evidence.set(image, found);
    // Without boxes there is nothing to be wrong.
    if (image.boxes.length === 0) continue;
    if (header!.orientation > 1) turned.push(found);
    else resized.push({ image, found, stated: statedSize(image)!, file: uprightSize(header!) });
  }
  const ofTurned = majority(turned);
  const ofResized = framesOfResized(resized);
  const frames = new Map<DatasetImage, Frame>();
  for (const [image, found] of evidence) {
    const header = headers.get(image.path)!;
    const resizedFrame = ofResized.get(image);
    if (resizedFrame) frames.set(image, resizedFrame);
    else if (found !== 'either') frames.set(image, found);
    else {
      // The size of the stored pixels is that of no other frame, unless the turn keeps it.
      const isStored = !keepsSize(header) && isSameSize(statedSize(image)!, header);
      frames.set(image, ofTurned ?? (isStored ? 'stated' : 'unknown'));
    }
  }
  return frames;
}

/** An image with boxes that has another size than stated, and is not turned. */
interface Resized {
  image: DatasetImage;
  found: Evidence;
  stated: ImageSize;
  file: ImageSize;
}

/** Frames of resized images: what they tell, or else what those enlarged or reduced alike tell. */
function framesOfResized(resized: readonly Resized[]): Map<DatasetImage, Frame> {
  const isEnlarged = ({ stated, file }: Resized) => file.width > stated.width;
  const agreed = new Map(
    [true, false].map((enlarged) => [
      enlarged,
      agreedFrame(
        resized.filter((one) => isEnlarged(one) === enlarged && isScaled(one.stated, one.file)),
        enlarged ? ['stated', 'file'] : ['file', 'stated'],
      ),
    ]),
  );
  const shown = resized.map((one) =>
    one.found === 'either' ? (agreed.get(isEnlarged(one)) ?? 'unknown') : one.found,
  );
  const most = majority(shown);
  return new Map(
    resized.map(({ image }, i) => [image, most && shown[i] !== most ? 'unknown' : shown[i]]),
  );
}

/**
 * The frame of images enlarged alike. One whose boxes reach beyond the smaller frame is of the larger.
 * The others fit both: they are of the larger frame where most are; and of the smaller one where hardly
 * any reaches beyond it, though boxes of the larger frame would, and they do reach to its edges.
 */
function agreedFrame(
  images: readonly Resized[],
  [smaller, larger]: readonly ['file' | 'stated', 'file' | 'stated'],
): 'file' | 'stated' | undefined {
  const beyond = images.filter(({ found }) => found === larger).length;
  if (images.length === 0 || beyond >= MAJORITY * images.length) return larger;
  if (beyond > MISTAKES * images.length) return undefined;
  // The center of a box of the larger frame lies in the smaller one as often as their areas say.
  const chance = images.reduce(
    (product, one) => (product * areaOf(one[smaller])) / areaOf(one[larger]),
    1,
  );
  const reach = (end: (box: Box) => number, side: 'width' | 'height') =>
    Math.max(
      ...images.map((one) => {
        const ends = one.image.boxes.map(({ box }) => end(box));
        return ends.reduce((a, b) => Math.max(a, b)) / one[smaller][side];
      }),
    );
  const isSpread =
    reach(({ x, width }) => x + width, 'width') >= REACH &&
    reach(({ y, height }) => y + height, 'height') >= REACH;
  return chance <= CHANCE && isSpread ? smaller : undefined;
}

const areaOf = ({ width, height }: ImageSize): number => width * height;

/** The frame that most images show which show any, if they are not too few. */
function majority(evidence: readonly Evidence[]): 'file' | 'stated' | undefined {
  const count = (frame: Evidence) => evidence.filter((found) => found === frame).length;
  const [file, stated] = [count('file'), count('stated')];
  const most = Math.max(file, stated);
  if (most < MAJORITY * (file + stated) || most < QUORUM * evidence.length) return undefined;
  return most === 0 ? undefined : file > stated ? 'file' : 'stated';
}

function frameEvidence(image: DatasetImage, header: ImageHeader): Evidence | undefined {
  const upright = uprightSize(header);
  const stated = statedSize(image);
  if (!stated || image.boxes.length === 0) {
    return stated && !isSameSize(stated, upright) ? 'file' : undefined;
  }
  const isHidden = header.orientation > 1 && keepsSize(header);
  if (isSameSize(stated, upright)) {
    if (header.orientation === 1) return undefined;
    return isHidden ? 'either' : 'file';
  }
  const [fitsStated, fitsFile] = [mayFit(image, stated), mayFit(image, upright)];
  if (!fitsStated) return fitsFile ? 'file' : 'unknown';
  const isReachable = !isHidden && (isScaled(stated, upright) || isScaled(stated, header));
  if (!isReachable) return 'unknown';
  return fitsFile ? 'either' : 'stated';
}

/** Size of the image as its annotation has it. */
export function statedSize({ width, height }: DatasetImage): ImageSize | undefined {
  return width === undefined || height === undefined ? undefined : { width, height };
}

const isSameSize = (a: ImageSize, b: ImageSize): boolean =>
  a.width === b.width && a.height === b.height;

/** Whether one size is the other times a factor. */
function isScaled(a: ImageSize, b: ImageSize): boolean {
  return Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= RATIO_TOLERANCE;
}

/** Whether boxes come with the size of their image; those of other formats are shares of it. */
export const statesSizes = ({ format }: Dataset): boolean =>
  format !== 'yolo' && format !== 'openimages';

/** Whether the turn leaves no trace in the size: mirrored, upside down, or a square. */
const keepsSize = (header: ImageHeader): boolean => isSameSize(header, uprightSize(header));

/** Whether boxes may be of a frame, drawn with a sloppy hand: only many that are elsewhere tell. */
function mayFit({ boxes }: DatasetImage, size: ImageSize): boolean {
  const outside = boxes.filter(({ box }) => {
    const inside = clipBox(box, size);
    return !inside || areaOf(inside) < (1 - SLOPPY_SHARE) * areaOf(box);
  });
  return outside.length <= MISTAKES * boxes.length;
}

/** The image with its boxes in the upright pixels of its file, and with the file's size. */
export function toFileFrame(image: DatasetImage, header: ImageHeader, frame: Frame): DatasetImage {
  const upright = uprightSize(header);
  const stated = statedSize(image);
  if (frame !== 'stated' || !stated) return { ...image, ...upright };
  const isStored = header.orientation > 1 && isScaled(stated, header);
  const target = isStored ? header : upright;
  const [across, down] = [target.width / stated.width, target.height / stated.height];
  const boxes = image.boxes.map((truth) => {
    const { x, y, width, height } = truth.box;
    const box = { x: x * across, y: y * down, width: width * across, height: height * down };
    return { ...truth, box: isStored ? orientBox(box, header, header.orientation) : box };
  });
  return { ...image, ...upright, boxes };
}

/** Headers of image files by path; undefined for those that cannot be read. */
export async function readHeaders(
  images: readonly DatasetImage[],
): Promise<Map<string, ImageHeader | undefined>> {
  const paths = [...new Set(images.map((image) => image.path))];
  const headers = await mapConcurrently(paths, async (file) => {
    try {
      return await readImageFileHeader(file);
    } catch (error) {
      if (error instanceof RefineDetError) return undefined;
      throw error;
    }
  });
  return new Map(paths.map((file, i) => [file, headers[i]]));
}

/** What is wrong with the frame of an image, in words; undefined when nothing is. */
export function frameProblem(
  image: DatasetImage,
  header: ImageHeader,
  frame: Frame | undefined,
): { code: 'size-mismatch' | 'unknown-frame'; message: string } | undefined {
  const [upright, stated] = [uprightSize(header), statedSize(image)];
  if (frame === undefined || !stated) return undefined;
  const { fileName } = image;
  if (isSameSize(stated, upright)) {
    if (frame === 'file') return undefined;
    const turn = `the EXIF orientation of ${fileName} turns it`;
    if (frame === 'stated') {
      return {
        code: 'size-mismatch',
        message: `${turn}, and like others its boxes are those of the stored image`,
      };
    }
    return {
      code: 'unknown-frame',
      message: `${turn}, and its boxes do not tell whether they are`,
    };
  }
  const isTurned = stated.width === upright.height && stated.height === upright.width;
  const message =
    `${fileName} is ${upright.width}×${upright.height} but the annotation says ` +
    `${stated.width}×${stated.height}${isTurned ? ' (is it turned by its EXIF orientation?)' : ''}`;
  return { code: 'size-mismatch', message };
}
