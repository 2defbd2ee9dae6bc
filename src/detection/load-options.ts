/** Options of loading a detector. */
import { isTfjsBackend } from '../backend/tfjs.ts';
import { THREADS, type Threads } from '../backend/wasm.ts';
import type { BackendName, Compute } from '../engine/engine.ts';
import { type Accelerator, isNativeBackend } from '../engine/native-backend.ts';
import { checkInputSize, INPUT_SIZE, type InputSize } from '../model/input-size.ts';
import {
  ABORT_SIGNAL,
  checkGiven,
  checkObject,
  FLAG,
  FUNCTION,
  oneOf,
  type Rule,
  TEXT,
} from '../option-checks.ts';
import type { DownloadProgress, WasmSource } from '../platform/platform.ts';
import { isAddress } from '../realm.ts';

/** Options of `RefineDet.load`. */
export interface LoadOptions {
  /**
   * Backend of the network: `wasm`; an export of refinedet/webgl, refinedet/webgpu, refinedet/cpu or
   * refinedet/onnxruntime; `onnxruntime`, which is the last of these; the name of one of `gpu`; or `auto`,
   * which times wasm, all of `gpu` and, where the package onnxruntime-node is installed, `onnxruntime`, and
   * picks the fastest. Default: `auto` when `gpu` is given, else `wasm`.
   */
  backend?: BackendName | 'auto' | Accelerator;
  /** Candidates for `auto`: `webgl` of refinedet/webgl, `webgpu` of refinedet/webgpu. */
  gpu?: readonly Accelerator[];
  /**
   * Numbers that the network computes with. `int8` needs a calibrated model and the wasm backend; `auto`,
   * the default, takes it where it can.
   */
  compute?: Compute | 'auto';
  /**
   * Threads of the backend; with `wasm`, the first load of a process decides. Default `auto`.
   */
  threads?: Threads;
  /** Size of the network input, a side or `{ width, height }`, multiples of 64; default: the model's. */
  inputSize?: InputSize;
  /** Run the network once inside `load`; default true. */
  warmUp?: boolean;
  /** Cancels loading. */
  signal?: AbortSignal;
  /** Receives the progress of the download of a model file. */
  onProgress?: (progress: DownloadProgress) => void;
  /** In browsers, keep a downloaded model file for the next visit; default true. */
  cache?: boolean;
  /**
   * In browsers, URL of a folder with tfjs' files tfjs-backend-wasm-simd.wasm and
   * tfjs-backend-wasm-threaded-simd.wasm, or a function that loads one of them. Default: copies
   * inside the package.
   */
  wasm?: WasmSource;
  /** Receives one-sentence warnings; default `console.warn`. */
  warn?: (message: string) => void;
  /** Receives a sentence that reports the choice of `backend: 'auto'`; default `console.info`. */
  info?: (message: string) => void;
}

const isAccelerator = (value: unknown) => isTfjsBackend(value) || isNativeBackend(value);

/** Rules of the options of `RefineDet.load`. */
export const LOAD_RULES: Record<keyof LoadOptions, Rule> = {
  backend: [
    (v) => TEXT[0](v) || isAccelerator(v),
    '"auto", "wasm", or the backend of refinedet/webgl, refinedet/webgpu, refinedet/cpu or refinedet/onnxruntime',
  ],
  gpu: [(v) => Array.isArray(v) && v.every(isAccelerator), 'a list of GPU backends'],
  compute: oneOf(['auto', 'float32', 'int8']),
  threads: THREADS,
  inputSize: INPUT_SIZE,
  warmUp: FLAG,
  signal: ABORT_SIGNAL,
  onProgress: FUNCTION,
  cache: FLAG,
  wasm: [(v) => isAddress(v) || typeof v === 'function', 'a URL or a function'],
  warn: FUNCTION,
  info: FUNCTION,
};

/**
 * Checks the options of `RefineDet.load`, or options with other rules.
 * @throws INVALID_OPTION naming the option and the value
 */
export function checkLoadOptions(
  options: Omit<LoadOptions, 'backend' | 'gpu' | 'wasm'>,
  rules: Readonly<Record<string, Rule>> = LOAD_RULES,
): void {
  checkGiven('', checkObject('options', options), rules);
  checkInputSize(options.inputSize);
}
