/** Shows the image, video or camera, with boxes over it. */
import { byId, setText } from './dom.ts';
import { drawFound, type Found, type Placement } from './draw.ts';
import type { Message } from './notice.ts';
import type { Source } from './source.ts';

/** Line width of the boxes, in CSS pixels. */
const LINE = 2.5;

/** Formats of files that the library decodes itself; others are detected as the browser shows them. */
const FILE_FORMATS = /^image\/(jpeg|png|webp)$/;

export class Stage {
  readonly #stage = byId('stage');
  readonly #image = byId<HTMLImageElement>('image');
  readonly #video = byId<HTMLVideoElement>('video');
  readonly #overlay = byId<HTMLCanvasElement>('overlay');
  #shown: HTMLImageElement | HTMLVideoElement | undefined;
  #found: readonly Found[] = [];
  #highlighted: Found | undefined;

  constructor() {
    new ResizeObserver(() => this.#redraw()).observe(this.#overlay);
    this.#video.addEventListener('resize', () => this.#redraw());
  }

  /** Resolves when pixels are available. */
  async show(source: Source): Promise<void> {
    this.clear();
    this.#state = 'shown';
    if (source.kind === 'image') {
      this.#shown = this.#image;
      this.#image.src = URL.createObjectURL(source.file);
      this.#image.alt = source.name;
      this.#image.hidden = false;
      return this.#image.decode();
    }
    this.#shown = this.#video;
    this.#video.hidden = false;
    this.#video.controls = source.kind === 'video';
    if (source.kind === 'camera') this.#video.srcObject = source.stream;
    else this.#video.src = URL.createObjectURL(source.file);
    await this.#video.play();
  }

  /** Shows nothing; turns a camera off. */
  clear(): void {
    this.draw([]);
    URL.revokeObjectURL(this.#image.src);
    this.#image.removeAttribute('src');
    const camera = this.#video.srcObject;
    if (camera instanceof MediaStream) for (const track of camera.getTracks()) track.stop();
    URL.revokeObjectURL(this.#video.src);
    this.#video.srcObject = null;
    this.#video.removeAttribute('src');
    this.#video.load();
    this.#image.hidden = true;
    this.#video.hidden = true;
    this.#shown = undefined;
    this.#state = 'empty';
  }

  /** Shows why a file cannot be shown, in place of it. */
  refuse({ title, detail }: Message): void {
    this.clear();
    this.#state = 'unreadable';
    setText(byId('unreadable').querySelector('strong')!, title);
    setText(byId('unreadable').querySelector('span')!, detail);
  }

  /** What to detect in, of an image that is shown. */
  input(file: Blob): Blob | HTMLImageElement {
    return FILE_FORMATS.test(file.type) ? file : this.#image;
  }

  set #state(state: 'empty' | 'shown' | 'unreadable') {
    this.#stage.dataset['state'] = state;
  }

  get video(): HTMLVideoElement {
    return this.#video;
  }

  /** Size of the current source in pixels. */
  get size(): { width: number; height: number } {
    const shown = this.#shown;
    if (!shown) return { width: 0, height: 0 };
    if ('videoWidth' in shown) return { width: shown.videoWidth, height: shown.videoHeight };
    return { width: shown.naturalWidth, height: shown.naturalHeight };
  }

  draw(found: readonly Found[]): void {
    this.#found = found;
    if (!found.includes(this.#highlighted!)) this.#highlighted = undefined;
    this.#redraw();
  }

  highlight(one: Found | undefined): void {
    this.#highlighted = one;
    this.#redraw();
  }

  /** The current frame, without boxes, at full size. */
  snapshot(): HTMLCanvasElement {
    const canvas = Object.assign(document.createElement('canvas'), this.size);
    canvas.getContext('2d')!.drawImage(this.#shown!, 0, 0);
    return canvas;
  }

  #redraw(): void {
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.#overlay;
    const width = Math.round(ratio * clientWidth);
    const height = Math.round(ratio * clientHeight);
    if (this.#overlay.width !== width) this.#overlay.width = width;
    if (this.#overlay.height !== height) this.#overlay.height = height;
    const context = this.#overlay.getContext('2d')!;
    context.clearRect(0, 0, width, height);
    if (this.#found.length === 0) return;
    drawFound(context, this.#found, this.#placement(width, height), this.#highlighted);
  }

  /** Places the image like `object-fit: contain`. */
  #placement(width: number, height: number): Placement {
    const { size } = this;
    const scale = Math.min(width / size.width, height / size.height);
    return {
      scale,
      left: (width - scale * size.width) / 2,
      top: (height - scale * size.height) / 2,
      line: LINE * devicePixelRatio,
    };
  }
}
