/** Draws the open image, its boxes and suggestions. */
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { classColor, textColor } from '../../../../src/image/colors.ts';
import { CORNERS, EDGES, handlePoint } from './geometry.ts';
import type { Viewport } from './viewport.ts';

export interface Scene {
  image: CanvasImageSource | undefined;
  width: number;
  height: number;
  boxes: readonly LabelBox[];
  selected: number | undefined;
  suggestions: readonly Suggestion[];
  /** A box that is being drawn. */
  drawn: LabelBox | undefined;
  classes: readonly string[];
}

/** A box that the model proposes. */
export interface Suggestion extends LabelBox {
  score: number;
}

const LINE = 2;
const HANDLE = 4.5;
const FONT = '600 12px system-ui, sans-serif';
const CHIP_HEIGHT = 18;

/** @param ratio device pixels per CSS pixel */
export function paint(
  context: CanvasRenderingContext2D,
  scene: Scene,
  viewport: Viewport,
  ratio: number,
): void {
  const { canvas } = context;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width / ratio, canvas.height / ratio);
  if (!scene.image) return;
  const { origin, scale } = viewport;
  // Single pixels show where they are worth seeing.
  context.imageSmoothingEnabled = scale < 4;
  context.drawImage(scene.image, origin.x, origin.y, scale * scene.width, scale * scene.height);
  for (const suggestion of scene.suggestions) {
    const text = `${suggestion.label} ${Math.round(100 * suggestion.score)} %`;
    paintBox(context, suggestion, scene.classes, viewport, { dash: [7, 5], text, faint: true });
  }
  scene.boxes.forEach((box, i) => {
    if (i !== scene.selected) paintBox(context, box, scene.classes, viewport, { text: box.label });
  });
  const selected = scene.selected === undefined ? undefined : scene.boxes[scene.selected];
  if (selected) {
    paintBox(context, selected, scene.classes, viewport, { text: selected.label, fill: true });
    paintHandles(context, selected, viewport);
  }
  if (scene.drawn)
    paintBox(context, scene.drawn, scene.classes, viewport, { text: '', fill: true });
}

interface Look {
  text: string;
  dash?: number[];
  faint?: boolean;
  fill?: boolean;
}

function paintBox(
  context: CanvasRenderingContext2D,
  { label, box, difficult }: LabelBox,
  classes: readonly string[],
  viewport: Viewport,
  { text, dash = difficult ? [3, 3] : [], faint, fill }: Look,
): void {
  const { x, y } = viewport.toView(box);
  const [width, height] = [box.width * viewport.scale, box.height * viewport.scale];
  const color = classColor(Math.max(0, classes.indexOf(label)));
  const css = `rgb(${color.join(' ')})`;
  if (fill) {
    context.fillStyle = `rgb(${color.join(' ')} / 0.16)`;
    context.fillRect(x, y, width, height);
  }
  context.setLineDash([]);
  // A dark edge keeps the line visible on any background.
  context.strokeStyle = 'rgb(0 0 0 / 0.55)';
  context.lineWidth = 2 * LINE;
  context.strokeRect(x, y, width, height);
  context.setLineDash(dash);
  context.strokeStyle = faint ? '#fff' : css;
  context.lineWidth = LINE;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
  if (text === '') return;
  context.font = FONT;
  context.textBaseline = 'middle';
  const chip = context.measureText(text).width + 10;
  const top = y - CHIP_HEIGHT >= 0 ? y - CHIP_HEIGHT : Math.max(0, y);
  context.fillStyle = faint ? 'rgb(255 255 255 / 0.92)' : css;
  context.beginPath();
  context.roundRect(x, top, chip, CHIP_HEIGHT, 4);
  context.fill();
  context.fillStyle = faint ? '#000' : `rgb(${textColor(color).join(' ')})`;
  context.fillText(text, x + 5, top + CHIP_HEIGHT / 2 + 0.5);
}

function paintHandles(
  context: CanvasRenderingContext2D,
  { box }: LabelBox,
  viewport: Viewport,
): void {
  context.fillStyle = '#fff';
  context.strokeStyle = 'rgb(0 0 0 / 0.7)';
  context.lineWidth = 1;
  for (const handle of [...CORNERS, ...EDGES]) {
    const { x, y } = viewport.toView(handlePoint(box, handle));
    context.beginPath();
    context.rect(x - HANDLE, y - HANDLE, 2 * HANDLE, 2 * HANDLE);
    context.fill();
    context.stroke();
  }
}
