/** Variables that samples of the guides use without declaring them. */
import type { RefineDet } from 'refinedet';

declare global {
  const detector: RefineDet;
  const model: string;
  const image: ImageBitmap;
  const camera: MediaStream;
  function draw(id: number, label: string, box: object): void;
}
