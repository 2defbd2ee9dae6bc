/** Errors as thumbnails; a click opens the image. */
import { byId, element } from '../../dom.ts';
import { boxBetween } from '../editor/geometry.ts';
import type { Session } from '../store/session.ts';
import type { FoundError } from './find-errors.ts';

const WIDTH = 200;
const HEIGHT = 150;
/** Surroundings of a box that are shown with it, in relation to its size. */
const MARGIN = 0.6;

export class ErrorList {
  readonly #list = byId('errors');
  readonly #session: Session;
  readonly #open: (error: FoundError) => void;

  constructor(session: Session, open: (error: FoundError) => void) {
    this.#session = session;
    this.#open = open;
  }

  async show(errors: readonly FoundError[]): Promise<void> {
    this.#list.replaceChildren();
    for (const error of errors) {
      const canvas = element('canvas', { width: WIDTH, height: HEIGHT, ariaHidden: 'true' });
      const button = element('button', { type: 'button', title: error.image }, canvas, error.text);
      button.addEventListener('click', () => this.#open(error));
      this.#list.append(element('li', {}, button));
      await this.#draw(canvas, error);
    }
  }

  async #draw(canvas: HTMLCanvasElement, { image, box }: FoundError): Promise<void> {
    const bitmap = await createImageBitmap(await this.#session.store.image(image));
    const [dx, dy] = [MARGIN * box.width, MARGIN * box.height];
    const from = { x: box.x - dx, y: box.y - dy };
    const to = { x: box.x + box.width + dx, y: box.y + box.height + dy };
    const part = boxBetween(from, to, bitmap);
    if (part) {
      const scale = Math.min(WIDTH / part.width, HEIGHT / part.height);
      const left = (WIDTH - scale * part.width) / 2;
      const top = (HEIGHT - scale * part.height) / 2;
      const context = canvas.getContext('2d')!;
      const { x, y, width, height } = part;
      context.drawImage(bitmap, x, y, width, height, left, top, scale * width, scale * height);
      context.strokeStyle = '#ff5d5d';
      context.lineWidth = 2.5;
      const corner = [left + scale * (box.x - x), top + scale * (box.y - y)] as const;
      context.strokeRect(...corner, scale * box.width, scale * box.height);
    }
    bitmap.close();
  }
}
