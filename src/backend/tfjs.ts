/** Common parts of the tfjs backends: refinedet/webgl, refinedet/webgpu and refinedet/cpu. */
import * as tf from '@tensorflow/tfjs-core';
import { missingDependency, RefineDetError } from '../errors.ts';
import { Interruption } from '../interruption.ts';

/** A backend; pass it to `load` as `backend`, or in the list `gpu`. */
export interface TfjsBackend {
  readonly name: 'webgl' | 'webgpu' | 'cpu';
  /**
   * Starts tfjs' backend of this name, or returns the running one.
   * @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE
   */
  start(): Promise<TfjsDevice>;
}

export interface TfjsDevice {
  /** Raises {@link ContextLost} when the browser or the driver takes the GPU away. */
  readonly loss: Interruption;
  /** Name of a renderer that uses the CPU; undefined for a GPU. */
  readonly software?: string;
}

/** A device, created by the module of a backend. */
interface CreatedDevice extends Pick<TfjsDevice, 'software'> {
  /** Resolves with the reason when the device is lost. */
  readonly lost: Promise<string>;
}

/** The GPU was lost. */
export class ContextLost extends Error {}

export function isTfjsBackend(value: unknown): value is TfjsBackend {
  return typeof value === 'object' && value !== null && 'start' in value && 'name' in value;
}

/** Renderers of browsers and Mesa that use the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i;

/** Returns the name of a renderer that uses the CPU; undefined for a GPU. */
export function softwareRenderer(...names: unknown[]): string | undefined {
  return names.map(String).find((name) => SOFTWARE.test(name));
}

/** Time to wait for the event of a lost context: it may come after the first failing call. */
const LOSS_NOTICE_MS = 100;

/**
 * Runs work on a device and maps any error that comes with a lost device.
 * @throws ContextLost when the device is lost; otherwise the error of the work
 */
export async function onDevice<T>({ loss }: TfjsDevice, work: () => Promise<T>): Promise<T> {
  loss.throwIfRaised();
  try {
    return await work();
  } catch (error) {
    await loss.during(new Promise<void>((resolve) => setTimeout(resolve, LOSS_NOTICE_MS)));
    throw error;
  }
}

/**
 * Downloads the values of tensors in one transfer and disposes the tensors.
 * @throws ContextLost
 */
export async function download(
  { loss }: TfjsDevice,
  tensors: readonly tf.Tensor[],
): Promise<Float32Array[]> {
  const sizes = tensors.map(({ size }) => size);
  const joined = tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
  tf.dispose([...tensors]);
  try {
    const values = (await loss.during(joined.data())) as Float32Array;
    let end = 0;
    return sizes.map((size) => {
      end += size;
      return values.subarray(end - size, end);
    });
  } finally {
    // The memory of a lost context no longer exists, and tfjs fails when it frees it.
    if (!loss.isRaised) joined.dispose();
  }
}

/**
 * @param importPackage imports the tfjs backend, an optional dependency
 * @param create creates and registers the backend; undefined when it is not available here
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
        ({ lost, software }) => {
          const loss = new Interruption();
          lost.then((reason) => {
            // A later detector may be able to start it.
            device = undefined;
            tf.removeBackend(name);
            loss.raise(new ContextLost(reason));
          });
          return { loss, software };
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
  let reason = 'this machine has no such device';
  try {
    const device = await create(tfjs);
    if (device) return device;
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    reason = (cause as Error).message;
  }
  throw new RefineDetError('BACKEND_UNAVAILABLE', `cannot use ${name}: ${reason}`);
}
