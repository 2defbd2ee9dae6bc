/** Orders images by what would teach most: the ranking of `refinedet dataset rank`. */
import { rankImage } from '../../../../src/datasets/rank/rank-image.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Session } from '../store/session.ts';
import type { Suggester } from './suggester.ts';

export class LearningOrder {
  readonly #session: Session;
  readonly #suggester: Suggester;
  readonly #scores = new Map<string, number>();
  #generation = 0;

  constructor(session: Session, suggester: Suggester) {
    this.#session = session;
    this.#suggester = suggester;
  }

  /** Scores images that are not done. @param onProgress runs after every image */
  async rank(signal: AbortSignal, onProgress: (share: number) => void): Promise<void> {
    if (this.#generation !== this.#suggester.generation) this.#scores.clear();
    this.#generation = this.#suggester.generation;
    const known = new Set(await this.#suggester.classes());
    const open = this.#session.images.filter(({ state }) => state !== 'done');
    const missing = open.filter(({ name }) => !this.#scores.has(name));
    for (const [i, { name }] of missing.entries()) {
      if (signal.aborted) return;
      const detections = await this.#suggester.detect(
        await this.#session.store.image(name),
        signal,
      );
      const image = { id: name, fileName: name, path: name, annotationPath: name, boxes: [] };
      const { score } = rankImage({ image, isLabeled: false }, detections, [], known);
      this.#scores.set(name, score);
      onProgress((i + 1) / missing.length);
    }
  }

  /** Images that are not done first, those with most to learn before others. */
  sort(entries: readonly ImageEntry[]): ImageEntry[] {
    const value = ({ name, state }: ImageEntry) =>
      state === 'done' ? -1 : (this.#scores.get(name) ?? 0);
    return [...entries].sort((a, b) => value(b) - value(a));
  }
}
