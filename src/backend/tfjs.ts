/** What the backends by tfjs have in common: refinedet/webgl, refinedet/webgpu and refinedet/cpu. */
import * as tf from '@tensorflow/tfjs-core';
import { missingDependency, RefineDetError } from '../errors.ts';
import { Interruption } from '../interruption.ts';

/** Hand it to `load` as `backend`, or as one of `gpu`. */
export interface TfjsBackend {
  readonly name: 'webgl' | 'webgpu' | 'cpu';
  /**
   * Starts tfjs' backend of this name, or returns the running one.
   * @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE
   */
  start(): Promise<TfjsDevice>;
}

export interface TfjsDevice {
  /** Raised with {@link ContextLost} when the browser or the driver takes the GPU away. */
  readonly loss: Interruption;
}

/** A device as a backend's module makes it. */
interface CreatedDevice {
  /** Resolves with the reason when the device is taken away. */
  readonly lost: Promise<string>;
}

/** The GPU was taken away. */
export class ContextLost extends Error {}

/**
 * @param importPackage imports the tfjs backend, an optional dependency
 * @param create makes and registers the backend; undefined when it cannot be had here
 */
export function tfjsBackend<Package>(
  name: TfjsBackend['name'],
  importPackage: () => Promise<Package>,
  create: (tfjs: Package) => Promise<CreatedDevice | undefined>,
): TfjsBackend {
  let device: Promise<TfjsDevice> | undefined;
  return {
    name,
    start() {
      device ??= startDevice(name, importPackage, create).then(
        ({ lost }) => {
          const loss = new Interruption();
          lost.then((reason) => {
            // The next detector may have more luck.
            device = undefined;
            tf.removeBackend(name);
            loss.raise(new ContextLost(reason));
          });
          return { loss };
        },
        (error) => {
          device = undefined;
          throw error;
        },
      );
      return device;
    },
  };
}

async function startDevice<Package>(
  name: string,
  importPackage: () => Promise<Package>,
  create: (tfjs: Package) => Promise<CreatedDevice | undefined>,
): Promise<CreatedDevice> {
  let tfjs: Package;
  try {
    tfjs = await importPackage();
  } catch (cause) {
    throw missingDependency(`the ${name} backend`, `@tensorflow/tfjs-backend-${name}`, cause);
  }
  let reason = 'there is no such device here';
  try {
    const device = await create(tfjs);
    if (device) return device;
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    reason = (cause as Error).message;
  }
  throw new RefineDetError('BACKEND_UNAVAILABLE', `${name} cannot be used: ${reason}`);
}
