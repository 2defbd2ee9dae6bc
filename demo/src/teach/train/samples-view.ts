/** Images held out with what the model finds in them now. */
import { element } from '../../dom.ts';
import { drawFound } from '../../draw.ts';
import type { Session } from '../store/session.ts';
import type { Sample } from './task.ts';

const WIDTH = 240;
const HEIGHT = 180;
const LINE = 1.6;

export class SamplesView {
  readonly #grid: HTMLElement;
  readonly #session: Session;
  readonly #bitmaps = new Map<string, Promise<ImageBitmap>>();

  constructor(grid: HTMLElement, session: Session) {
    this.#grid = grid;
    this.#session = session;
  }

  /** @param classes names of the class ids */
  async show(samples: readonly Sample[], classes: readonly string[]): Promise<void> {
    for (const [i, { name, found }] of samples.entries()) {
      const bitmap = await this.#bitmap(name).catch(() => undefined);
      if (!bitmap) continue; // removed while it trains
      const scale = Math.min(WIDTH / bitmap.width, HEIGHT / bitmap.height);
      const canvas = this.#canvas(i);
      canvas.width = Math.round(scale * bitmap.width);
      canvas.height = Math.round(scale * bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const named = found.map((one) => ({ ...one, label: classes[one.classId] }));
      drawFound(context, named as never, { scale, left: 0, top: 0, line: LINE });
      const labels = named.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`);
      canvas.ariaLabel = `${name}: ${labels.join(', ') || 'nothing found'}`;
    }
  }

  clear(): void {
    this.#grid.replaceChildren();
  }

  #canvas(index: number): HTMLCanvasElement {
    const known = this.#grid.children[index] as HTMLCanvasElement | undefined;
    return known ?? this.#grid.appendChild(element('canvas', { role: 'img' }));
  }

  #bitmap(name: string): Promise<ImageBitmap> {
    const known = this.#bitmaps.get(name);
    if (known) return known;
    const bitmap = this.#session.store.image(name).then((file) => createImageBitmap(file));
    this.#bitmaps.set(name, bitmap);
    return bitmap;
  }
}
