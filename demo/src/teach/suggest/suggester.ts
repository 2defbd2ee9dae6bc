/** The model that suggests boxes, in its worker: first one of the package, later the user's own. */
import { createWorkerDetector, type WorkerDetector } from 'refinedet/worker';
import type { Detection } from '../../../../src/boxes.ts';
import { START_MODEL } from '../../start-model.ts';

/** Low enough to rank by doubt; suggestions need more. */
const LEAST_SCORE = 0.05;

export class Suggester {
  #detector: Promise<WorkerDetector | undefined> | undefined;
  #model: Blob | undefined;
  /** Grows with every model: results of another one are outdated. */
  generation = 0;

  /** Classes of the model; none without a model. */
  async classes(): Promise<readonly string[]> {
    return (await this.#load())?.classes ?? [];
  }

  /** Uses another model from now on. */
  use(model: Blob): void {
    this.release();
    this.#model = model;
    this.generation++;
  }

  /** Frees the memory of the model until it is needed again. */
  release(): void {
    void this.#detector?.then((detector) => detector?.dispose());
    this.#detector = undefined;
  }

  /** @returns nothing without a model */
  async detect(file: Blob, signal: AbortSignal): Promise<readonly Detection[]> {
    const detector = await this.#load();
    if (!detector) return [];
    return detector.detect(file, { scoreThreshold: LEAST_SCORE, signal });
  }

  #load(): Promise<WorkerDetector | undefined> {
    this.#detector ??= createWorkerDetector(this.#model ?? START_MODEL, { warn: () => {} }).catch(
      (error) => {
        // Labeling works without suggestions.
        console.warn(`without suggestions: ${error.message}`);
        return undefined;
      },
    );
    return this.#detector;
  }
}
