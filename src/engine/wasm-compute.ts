/** The numbers that the wasm backend computes with. */
import { RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Compute } from './engine.ts';

/**
 * Returns what a choice means for a model.
 * @throws INVALID_OPTION when it is `int8` and the model is not calibrated
 */
export function wasmCompute({ quantization }: Model, choice: Compute | 'auto'): Compute {
  if (choice === 'auto') return quantization ? 'int8' : 'float32';
  if (choice === 'float32' || quantization) return choice;
  throw new RefineDetError(
    'INVALID_OPTION',
    'compute: "int8" needs a calibrated model; `refinedet convert` with --calibrate makes one',
  );
}
