/**
 * A view is one pass of the network over a part of the image at one input size. Plain detection is
 * one view; multi-scale testing and tiling use several views, whose detections are merged.
 */
import type { Box } from '../boxes.ts';
import type { Size } from '../image/raw-image.ts';

export type { Size };

export interface View {
  /** Part of the image, in source pixels. */
  crop: Box;
  /** Network input, multiples of 64. */
  input: Size;
  flip: boolean;
  /** Whether a box (source pixels) found in this view counts; absent: all do. */
  accepts?: (box: Box) => boolean;
}

/** Chooses the views of an image for a network with this input size. */
export type ViewPlan = (image: Size, input: Size) => View[];

/** Shows the whole image at the model's input size. */
export function plainView(image: Size, input: Size): View {
  return { crop: wholeImage(image), input, flip: false };
}

/**
 * Returns a sufficient size for an image that every view shows whole: twice the largest input. With
 * fewer pixels, sampling blurs the network input more, and AP falls twice as far.
 */
export function enoughPixels(plan: ViewPlan, input: Size): Size {
  const inputs = [input, ...plan({ width: 1, height: 1 }, input).map((view) => view.input)];
  return {
    width: 2 * Math.max(...inputs.map(({ width }) => width)),
    height: 2 * Math.max(...inputs.map(({ height }) => height)),
  };
}

export function wholeImage({ width, height }: Size): Box {
  return { x: 0, y: 0, width, height };
}
