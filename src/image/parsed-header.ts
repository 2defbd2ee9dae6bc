import type { Orientation } from './exif.ts';

/** What the reader of one format finds out. */
export interface ParsedHeader {
  /** Stored pixels, before the orientation is applied; 0 when not found. */
  width: number;
  height: number;
  orientation: Orientation;
  /** Whether the file reaches to its end marker. */
  complete: boolean;
  /** Names the kind of image when it is one that the decoders do not know. */
  unsupported?: string;
}
