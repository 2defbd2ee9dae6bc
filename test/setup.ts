/** Compiles the kernels before the tests when a source is newer than what was made of it. */
import { refreshKernels } from '../scripts/build-kernels.ts';

export async function setup(): Promise<void> {
  await refreshKernels();
}
