/** Calibrates a model for 8-bit inference on the images of a dataset. */
import { wasmRuntime } from '../../backend/wasm.ts';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { loadDataset } from '../../datasets/load-dataset.ts';
import { toRawImage } from '../../detection/image-source.ts';
import { calibrate } from '../../engine/calibration/calibrate.ts';
import { RefineDetError } from '../../errors.ts';
import type { RawImage } from '../../image/raw-image.ts';
import type { Model } from '../../model/model.ts';
import type { DataPart } from '../../training/config/train-config.ts';
import { interruptSignal } from '../interrupt.ts';
import { Progress } from '../progress.ts';
import { warn } from '../terminal.ts';

const DEFAULT_IMAGES = 64;

/** @throws FILE_NOT_FOUND, DATASET_*, IMAGE_*, INVALID_OPTION, INVALID_ARGUMENT, ABORTED */
export async function calibrateOn(
  model: Model,
  { path, split }: DataPart,
  most = DEFAULT_IMAGES,
): Promise<Model> {
  const signal = interruptSignal();
  const paths = spread(await loadDataset(path, { split }), most);
  if (paths.length === 0) {
    throw new RefineDetError('DATASET_EMPTY', `the dataset ${path} has no images`);
  }
  const progress = new Progress(paths.length, {});
  async function* images(): AsyncGenerator<RawImage> {
    for (const file of paths) {
      yield await toRawImage(file, { signal });
      progress.advance();
    }
  }
  try {
    const quantization = await calibrate(await wasmRuntime('auto', warn), model, images());
    progress.clear();
    return { ...model, quantization };
  } finally {
    progress.stop();
  }
}

/** Takes images at equal distances. */
function spread({ images }: Dataset, most: number): string[] {
  const step = Math.max(1, images.length / most);
  const count = Math.min(most, images.length);
  return Array.from({ length: count }, (_, i) => images[Math.floor(i * step)].path);
}
