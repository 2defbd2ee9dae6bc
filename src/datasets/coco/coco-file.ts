/** A COCO JSON file that is being read, and its elements. */
import type { Place, Report } from '../check/findings.ts';
import type { ImagePlaces } from '../image-places.ts';

export interface CocoFile {
  file: string;
  root: string;
  split: string;
  places: ImagePlaces;
  report: Report;
}

export type Fields = Readonly<Record<string, unknown>>;
export interface Element {
  fields: Fields;
  /** Place of this element, or of one of its fields. */
  place(field?: string): Place;
}
