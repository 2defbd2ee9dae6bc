/** The list of images, its order, and everything that adds images. */

import { byId, setText } from '../../dom.ts';
import { watchDrops } from '../../drops.ts';
import type { Notice } from '../../notice.ts';
import { droppedFiles, type NewImage, readable, sortFiles } from '../files/add-files.ts';
import { FramesDialog } from '../files/frames-dialog.ts';
import { importZip } from '../files/import-zip.ts';
import { Thumbnails } from '../list/thumbnails.ts';
import { VirtualList } from '../list/virtual-list.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Session } from '../store/session.ts';
import { LearningOrder } from '../suggest/learning-order.ts';
import type { Suggester } from '../suggest/suggester.ts';

interface ShelfParts {
  session: Session;
  suggester: Suggester;
  notice: Notice;
  open(name: string): void;
}

export class ImageShelf {
  readonly #parts: ShelfParts;
  readonly #list: VirtualList;
  readonly #learning: LearningOrder;
  readonly #order = byId<HTMLSelectElement>('order');
  #ranking = new AbortController();
  #listed: readonly ImageEntry[] = [];
  #sorted: readonly ImageEntry[] = [];
  #current: string | undefined;
  /** What takes long now. */
  #busy = '';

  constructor(parts: ShelfParts) {
    this.#parts = parts;
    const { session, suggester } = parts;
    const thumbnails = new Thumbnails((name) => session.store.image(name));
    this.#list = new VirtualList(byId('images'), thumbnails, parts.open);
    this.#learning = new LearningOrder(session, suggester);
    this.#order.addEventListener('change', () => void this.#reorder());
    this.#watchFiles();
  }

  /** Images in the order of the list. */
  get order(): readonly ImageEntry[] {
    return this.#sorted;
  }

  /** @param current name of the open image */
  show(current: string | undefined): void {
    this.#current = current;
    const { images } = this.#parts.session;
    // Images keep their places while they are labeled: only a new choice or new images sort again.
    if (images !== this.#listed || images.length !== this.#sorted.length) this.#sort();
    const index = this.#sorted.findIndex(({ name }) => name === current);
    this.#list.show(this.#sorted, index);
    const done = images.filter(({ state }) => state === 'done').length;
    setText(byId('progress-done'), this.#busy || `${done} of ${images.length} done`);
  }

  /** Adds files of any kind that the page knows. */
  async add(files: readonly File[]): Promise<void> {
    const { images, zips, videos } = sortFiles(files);
    const { session, notice } = this.#parts;
    let failed = '';
    for (const [i, file] of images.entries()) {
      this.#progress(`adding ${i + 1} of ${images.length}`);
      try {
        const image = await readable(file);
        await this.#addImage(image);
      } catch (error) {
        failed ||= (error as Error).message;
      }
    }
    for (const file of zips) {
      try {
        await importZip(session, file, (share) =>
          this.#progress(`reading ${Math.round(100 * share)} %`),
        );
        if (this.#current === undefined && session.images[0])
          this.#parts.open(session.images[0].name);
      } catch (error) {
        failed ||= `${file.name}: ${(error as Error).message}`;
      }
    }
    this.#progress('');
    if (videos.length > 0) await this.#openVideo(videos[0]);
    if (failed) notice.show('source', { title: 'Not all files can be used', detail: failed });
  }

  async #addImage({ name, file }: NewImage): Promise<void> {
    const added = await this.#parts.session.add(name, file);
    if (this.#current === undefined) this.#parts.open(added);
  }

  async #reorder(): Promise<void> {
    this.#ranking.abort();
    this.#ranking = new AbortController();
    const { signal } = this.#ranking;
    if (this.#order.value === 'learn') {
      await this.#learning
        .rank(signal, (share) => this.#progress(`comparing ${Math.round(100 * share)} %`))
        .catch((error: Error) => {
          if (!signal.aborted) this.#fail('The images cannot be compared', error);
        });
      if (signal.aborted) return;
      this.#progress('');
    }
    this.#sort();
    this.show(this.#current);
  }

  #sort(): void {
    const { images } = this.#parts.session;
    this.#listed = images;
    const isDone = ({ state }: ImageEntry) => Number(state === 'done');
    const orders: Readonly<Record<string, () => ImageEntry[]>> = {
      added: () => [...images],
      open: () => [...images].sort((a, b) => isDone(a) - isDone(b)),
      learn: () => this.#learning.sort(images),
    };
    this.#sorted = orders[this.#order.value]();
  }

  #watchFiles(): void {
    for (const id of ['add-files', 'add-folder', 'add-video']) {
      const input = byId<HTMLInputElement>(id);
      input.addEventListener('change', () => {
        void this.add([...(input.files ?? [])]);
        input.value = ''; // allows choosing the same file again
      });
    }
    const isHere = () => !byId('panel-label').hidden;
    document.addEventListener('paste', ({ clipboardData }) => {
      if (isHere() && clipboardData) void this.add([...clipboardData.files]);
    });
    watchDrops((dropped) => {
      void droppedFiles(dropped).then((files) => this.add(files));
    }, isHere);
    const camera = byId<HTMLButtonElement>('add-camera');
    camera.disabled = !navigator.mediaDevices;
    camera.addEventListener('click', () => {
      this.#frames.openCamera().catch((error) => this.#fail('The camera cannot be used', error));
    });
  }

  readonly #frames = new FramesDialog((image) => this.#addImage(image));

  async #openVideo(file: File): Promise<void> {
    await this.#frames
      .openVideo(file)
      .catch((error) => this.#fail(`${file.name} cannot be played`, error));
  }

  #progress(text: string): void {
    this.#busy = text;
    this.show(this.#current);
  }

  #fail(title: string, { message }: Error): void {
    this.#parts.notice.show('source', { title, detail: message });
  }
}
