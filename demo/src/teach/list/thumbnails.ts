/** Small images for the list: made when they come into view, the latest few hundred kept. */

const WIDTH = 96;
const HEIGHT = 72;
/** 28 kB each. */
const MOST_KEPT = 300;
/** Decodings at the same time. */
const MOST_OPEN = 2;

interface Job {
  name: string;
  canvas: HTMLCanvasElement;
  isWanted: () => boolean;
}

export class Thumbnails {
  readonly #load: (name: string) => Promise<Blob>;
  readonly #kept = new Map<string, ImageBitmap>();
  #waiting: Job[] = [];
  #open = 0;

  /** @param load returns the file of an image */
  constructor(load: (name: string) => Promise<Blob>) {
    this.#load = load;
  }

  /** Draws a thumbnail, now or when it is decoded. @param isWanted whether the canvas still shows it */
  show(name: string, canvas: HTMLCanvasElement, isWanted: () => boolean): void {
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const known = this.#kept.get(name);
    if (known) {
      draw(context, known);
      return;
    }
    // What scrolls out of view again is not decoded; the latest comes first.
    this.#waiting = [...this.#waiting.filter((job) => job.isWanted()), { name, canvas, isWanted }];
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#open < MOST_OPEN) {
      const job = this.#waiting.pop();
      if (!job) return;
      if (!job.isWanted()) continue;
      this.#open++;
      try {
        const bitmap = await thumbnail(await this.#load(job.name));
        this.#keep(job.name, bitmap);
        if (job.isWanted()) draw(job.canvas.getContext('2d')!, bitmap);
      } catch {
        // Opening the image says why it cannot be shown.
      }
      this.#open--;
    }
  }

  #keep(name: string, bitmap: ImageBitmap): void {
    this.#kept.get(name)?.close();
    this.#kept.set(name, bitmap);
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
      old.close();
    }
  }
}

async function thumbnail(file: Blob): Promise<ImageBitmap> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.max(WIDTH / bitmap.width, HEIGHT / bitmap.height);
  const [width, height] = [WIDTH / scale, HEIGHT / scale];
  const [x, y] = [(bitmap.width - width) / 2, (bitmap.height - height) / 2];
  const small = await createImageBitmap(bitmap, x, y, Math.max(1, width), Math.max(1, height), {
    resizeWidth: WIDTH,
    resizeHeight: HEIGHT,
    resizeQuality: 'medium',
  });
  bitmap.close();
  return small;
}

function draw(context: CanvasRenderingContext2D, bitmap: ImageBitmap): void {
  context.drawImage(bitmap, 0, 0);
}
