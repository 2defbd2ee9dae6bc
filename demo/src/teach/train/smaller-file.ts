/** Large photos are made smaller once: training decodes every image again in every epoch. */
import type { Size } from '../editor/geometry.ts';

/** More pixels than any input of the network needs, with room for crops. */
const LARGEST_SIDE = 1024;
const QUALITY = 0.92;

/** @returns the file, and its size in relation to before */
export async function smallerFile(
  file: Blob,
  { width, height }: Size,
): Promise<{ file: Blob; scale: number }> {
  const scale = LARGEST_SIDE / Math.max(width, height);
  if (scale >= 1) return { file, scale: 1 };
  const canvas = new OffscreenCanvas(Math.round(scale * width), Math.round(scale * height));
  const bitmap = await createImageBitmap(file, {
    resizeWidth: canvas.width,
    resizeHeight: canvas.height,
    resizeQuality: 'high',
  });
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { file: await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY }), scale };
}
