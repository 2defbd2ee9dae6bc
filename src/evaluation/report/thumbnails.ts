/** Image crops with boxes drawn on them, for reports. */
import { readFile } from 'node:fs/promises';
import type { Box } from '../../boxes.ts';
import type { DatasetImage } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import { decodeImage } from '../../image/node/decode.ts';
import { encodeImage } from '../../image/node/encode.ts';
import type { RawImage } from '../../image/raw-image.ts';
import { type Html, html } from '../../report/html.ts';
import { cropAround, shrinkCrop } from './crop-image.ts';

/** Pixels of the longer side: twice the displayed width, to look sharp on dense screens. */
const SIDE = 320;
const QUALITY = 70;

export interface MarkedBox {
  box: Box;
  /** Style of the outline. */
  kind: 'detected' | 'truth';
}

/** Renders the crop around some boxes, or a note when the image cannot be read. */
export async function thumbnail(image: DatasetImage, boxes: readonly MarkedBox[]): Promise<Html> {
  let pixels: RawImage;
  try {
    pixels = await decodeImage(await readFile(image.path), { source: image.path });
  } catch (error) {
    const missing = !(error instanceof RefineDetError);
    return html`<div class="shot">${missing ? 'image not found' : 'image not readable'}</div>`;
  }
  const rect = cropAround(
    boxes.map(({ box }) => box),
    pixels,
  );
  return boxedImage(pixels, rect, boxes);
}

/** A crop with boxes drawn over it. */
export async function boxedImage(
  pixels: RawImage,
  rect: Box,
  boxes: readonly MarkedBox[],
): Promise<Html> {
  const jpeg = await encodeImage(shrinkCrop(pixels, rect, SIDE), 'jpeg', { quality: QUALITY });
  return drawn(rect, `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`, boxes);
}

/** Draws boxes as vectors over the image: sharp at any size, in source pixels. */
function drawn(rect: Box, source: string, boxes: readonly MarkedBox[]): Html {
  const outlines = boxes.map(({ box, kind }) => {
    const place = html`x="${box.x.toFixed(1)}" y="${box.y.toFixed(1)}" width="${box.width.toFixed(1)}" height="${box.height.toFixed(1)}"`;
    return html`<rect class="halo" ${place}/><rect class="${kind}" ${place}/>`;
  });
  return html`<div class="shot"><svg class="boxes" viewBox="${rect.x} ${rect.y} ${rect.width} ${rect.height}"><image href="${source}" x="${rect.x}" y="${rect.y}" width="${rect.width}" height="${rect.height}" preserveAspectRatio="none"/>${outlines}</svg></div>`;
}
