/** What all engines have in common: the wasm kernels before and after the network of one model. */
import type { Size, View } from '../detection/views.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { Kernels } from '../kernels/module.ts';
import { PostProcessor } from '../kernels/postprocess.ts';
import { Preprocessor } from '../kernels/resize.ts';
import { type Architecture, architectureOf, type Model } from '../model/model.ts';
import type { BackendName, Compute } from './engine.ts';
import { modelAnchors } from './model-anchors.ts';

export abstract class ModelEngine {
  readonly backend: BackendName;
  readonly kernels: Kernels;
  readonly compute: Compute;
  readonly #model: Architecture;
  readonly #preprocessor: Preprocessor;
  readonly #postprocessors = new Map<string, PostProcessor>();

  constructor(backend: BackendName, kernels: Kernels, model: Model, compute: Compute) {
    this.backend = backend;
    this.kernels = kernels;
    this.compute = compute;
    this.#model = architectureOf(model);
    this.#preprocessor = new Preprocessor(kernels);
  }

  dispose(): void {
    for (const postprocessor of this.#postprocessors.values()) postprocessor.dispose();
    this.#postprocessors.clear();
    this.#preprocessor.dispose();
  }

  /** Resizes and normalizes a view to [height, width, 3] at an address. */
  protected preprocess(image: RawImage, { input, crop, flip }: View, pointer: number): void {
    const { mean, std, channelOrder } = this.#model.config;
    this.#preprocessor.run(image, { pointer, ...input }, { mean, std, channelOrder, crop, flip });
  }

  protected postprocessor(size: Size): PostProcessor {
    const key = `${size.width}x${size.height}`;
    let postprocessor = this.#postprocessors.get(key);
    if (!postprocessor) {
      const { classes } = this.#model.config;
      postprocessor = new PostProcessor(
        this.kernels,
        modelAnchors(this.#model, size),
        classes.length,
      );
      this.#postprocessors.set(key, postprocessor);
    }
    return postprocessor;
  }
}
