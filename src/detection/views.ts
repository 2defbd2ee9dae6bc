/**
 * A view is one pass of the network over a part of the picture at one input size. Plain detection is
 * one view; the multi-scale test and tiling are several, merged afterwards.
 */
import type { Box } from '../boxes.ts';

export interface Size {
  width: number;
  height: number;
}

export interface View {
  /** Part of the picture, in source pixels. */
  crop: Box;
  /** Network input, multiples of 64. */
  input: Size;
  flip: boolean;
  /** Whether a box (source pixels) found in this view counts; absent: all do. */
  accepts?: (box: Box) => boolean;
}

/** Decides how a picture is looked at by a network with this input size. */
export type ViewPlan = (image: Size, input: Size) => View[];

/** The whole picture at the model's input size. */
export function plainView(image: Size, input: Size): View {
  return { crop: wholeImage(image), input, flip: false };
}

export function wholeImage({ width, height }: Size): Box {
  return { x: 0, y: 0, width, height };
}
