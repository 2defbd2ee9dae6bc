/** Draws boxes and labels on a canvas, over the displayed image or into a file. */
import type { StreamResult } from 'refinedet';
import { classColor, textColor } from '../../src/image/colors.ts';
import { displayName } from './names/names.ts';

/** A detection; it has a `trackId` when it is tracked. */
export type Found = StreamResult['detections'][number];

/** Transform from image pixels to canvas pixels. */
export interface Placement {
  scale: number;
  left: number;
  top: number;
  /** Line width, from which other sizes follow. */
  line: number;
}

const FONT_LINES = 6;
const PADDING_LINES = 2;

/** @param highlighted detection to emphasize; the others are drawn fainter */
export function drawFound(
  context: CanvasRenderingContext2D,
  found: readonly Found[],
  placement: Placement,
  highlighted?: Found,
): void {
  // Detections with higher scores are drawn on top.
  for (const one of found.toReversed()) {
    context.globalAlpha = highlighted && one !== highlighted ? 0.25 : 1;
    drawOne(context, one, placement);
  }
  context.globalAlpha = 1;
}

export function nameOf({ label, trackId }: Found): string {
  const name = displayName(label, navigator.languages);
  return trackId === undefined ? name : `${name} #${trackId}`;
}

export function colorOf({ classId }: Found): string {
  return css(classColor(classId));
}

function drawOne(context: CanvasRenderingContext2D, one: Found, place: Placement): void {
  const { scale, line } = place;
  const left = place.left + scale * one.box.x;
  const top = place.top + scale * one.box.y;
  const [width, height] = [scale * one.box.width, scale * one.box.height];
  const color = classColor(one.classId);
  context.beginPath();
  context.roundRect(left, top, width, height, 2 * line);
  context.lineJoin = 'round';
  // A dark edge keeps the line visible on any background.
  context.strokeStyle = 'rgb(0 0 0 / 0.5)';
  context.lineWidth = 2 * line;
  context.stroke();
  context.strokeStyle = css(color);
  context.lineWidth = line;
  context.stroke();

  const text = `${nameOf(one)} ${Math.round(100 * one.score)} %`;
  const padding = PADDING_LINES * line;
  context.font = `600 ${FONT_LINES * line}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const chipWidth = context.measureText(text).width + 2 * padding;
  const chipHeight = FONT_LINES * line + 1.2 * padding;
  // Above the box, or inside it if it does not fit above.
  const chipTop = top - chipHeight >= 0 ? top - chipHeight : Math.max(0, top);
  const chipLeft = Math.max(0, Math.min(left, context.canvas.width - chipWidth));
  context.fillStyle = css(color);
  context.beginPath();
  context.roundRect(chipLeft, chipTop, chipWidth, chipHeight, 1.5 * line);
  context.fill();
  context.fillStyle = css(textColor(color));
  context.fillText(text, chipLeft + padding, chipTop + chipHeight / 2);
}

function css(color: readonly number[]): string {
  return `rgb(${color.join(' ')})`;
}
