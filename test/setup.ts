/** Compiles the kernels before the tests when a source is newer than the generated module. */
import { buildKernels, kernelsAreStale } from '../scripts/build-kernels.ts';

export async function setup(): Promise<void> {
  if (kernelsAreStale()) await buildKernels();
}
