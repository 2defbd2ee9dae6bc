/** What the model has found in the open image, and which of it is offered. */
import type { Detection } from '../../../../src/boxes.ts';
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import type { Suggestion } from '../editor/paint.ts';
import { chooseSuggestions } from './choose-suggestions.ts';
import type { Suggester } from './suggester.ts';

export class Offers {
  readonly #suggester: Suggester;
  readonly #changed: () => void;
  #detections: readonly Detection[] = [];

  constructor(suggester: Suggester, changed: () => void) {
    this.#suggester = suggester;
    this.#changed = changed;
  }

  /** Detects in an image. Labeling works without: failures only go to the console. */
  async find(file: Blob, signal: AbortSignal): Promise<void> {
    try {
      const detections = await this.#suggester.detect(file, signal);
      if (signal.aborted) return;
      this.#detections = detections;
      this.#changed();
    } catch (error) {
      if (!signal.aborted) console.warn(`without suggestions: ${(error as Error).message}`);
    }
  }

  choose(boxes: readonly LabelBox[], classes: readonly string[]): Suggestion[] {
    return chooseSuggestions(this.#detections, boxes, classes);
  }

  clear(): void {
    this.#detections = [];
    this.#changed();
  }
}
