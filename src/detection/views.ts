/**
 * A view is one pass of the network over a part of the image at one input size. Plain detection is
 * one view; the multi-scale test and tiling are several, merged afterwards.
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

/** Decides how an image is looked at by a network with this input size. */
export type ViewPlan = (image: Size, input: Size) => View[];

/** The whole image at the model's input size. */
export function plainView(image: Size, input: Size): View {
  return { crop: wholeImage(image), input, flip: false };
}

/**
 * Of an image that every view shows whole, pixels that are enough: twice the largest input. With
 * fewer, sampling them blurs the network's input more, and AP falls twice as far.
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
