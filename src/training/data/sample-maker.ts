/** Makes network input from a draw: reads, decodes, augments and normalizes. */
import { decodeImage, readBytes } from '#platform';
import type { DatasetImage } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import { isImageError } from '../../evaluation/detect-dataset.ts';
import type { RawImage } from '../../image/raw-image.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { deriveRandom } from '../../random.ts';
import { planSample } from '../augmentation/augmentation-plan.ts';
import { chooseSources, type DonorPool, donorPool } from '../augmentation/paste.ts';
import { Augmenter, type RenderTarget } from '../augmentation/render.ts';
import type { ReplicaSetup } from '../data-parallel/replica-protocol.ts';
import { type Truth, truthOf } from '../loss/truth.ts';
import type { Draw } from './sampling.ts';

const SAMPLE_STREAM = 3;

/** A decoded image and its boxes. */
interface LabeledImage {
  image: RawImage;
  truth: Truth;
}

export type SampleSetup = Pick<
  ReplicaSetup,
  'model' | 'images' | 'augmentation' | 'difficult' | 'seed'
>;

export class SampleMaker {
  readonly #setup: SampleSetup;
  readonly #augmenter: Augmenter;
  readonly #donors: DonorPool;
  readonly #unreadable = new Set<number>();

  constructor(kernels: TrainingKernels, setup: SampleSetup) {
    this.#setup = setup;
    this.#augmenter = new Augmenter(kernels, setup.model.config);
    const pastes = setup.augmentation.paste.probability > 0;
    this.#donors = pastes ? donorPool(setup.images.map((image) => this.#statedTruth(image))) : [];
  }

  /**
   * Writes a sample to an address.
   * @param warn receives a sentence for an image that cannot be read
   * @returns the boxes of the sample
   */
  async make(draw: Draw, target: RenderTarget, warn: (message: string) => void): Promise<Truth> {
    const { seed, augmentation, images } = this.#setup;
    const random = deriveRandom(seed, SAMPLE_STREAM, draw.epoch, draw.position);
    const sources = chooseSources(random, augmentation, draw.image, images.length, this.#donors);
    const wanted = [...sources.images, ...sources.donors.map(({ image }) => image)];
    const decoded: LabeledImage[] = [];
    for (const index of wanted) decoded.push(await this.#readable(index, warn));
    const tiles = decoded.slice(0, sources.images.length).map(({ truth }) => truth);
    const cutouts = sources.donors.map(({ image, box }) => ({
      truth: this.#statedTruth(images[image]),
      box,
    }));
    const plan = planSample(random, augmentation, tiles, cutouts);
    this.#augmenter.render(
      plan,
      decoded.map(({ image }) => image),
      target,
    );
    return plan.truth;
  }

  dispose(): void {
    this.#augmenter.dispose();
  }

  /** The image, or the next one that can be read. */
  async #readable(index: number, warn: (message: string) => void): Promise<LabeledImage> {
    const { images, difficult } = this.#setup;
    for (let i = 0; i < images.length; i++) {
      const candidate = (index + i) % images.length;
      if (this.#unreadable.has(candidate)) continue;
      const { path, boxes } = images[candidate];
      try {
        const image = await decodeImage(await readBytes(path), { source: path });
        return { image, truth: truthOf(boxes, image.width, image.height, difficult) };
      } catch (error) {
        if (!isImageError(error)) throw error;
        this.#unreadable.add(candidate);
        warn(`${error.message}; another image replaces it`);
      }
    }
    throw new RefineDetError('DATASET_EMPTY', 'none of the training images can be read');
  }

  /** Boxes normalized by the annotation's image size; none when it has no size. */
  #statedTruth({ boxes, width, height }: DatasetImage): Truth {
    const known = width !== undefined && height !== undefined;
    return truthOf(known ? boxes : [], width ?? 1, height ?? 1, this.#setup.difficult);
  }
}
