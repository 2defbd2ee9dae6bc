/**
 * Entry point refinedet/onnxruntime: runs the network in native code with ONNX Runtime, in Node. The graph is
 * exported in memory; resizing and post-processing stay in the wasm kernels.
 * @module refinedet/onnxruntime
 */
import type { InferenceSession } from 'onnxruntime-node';
import { type Threads, threadCount } from '../backend/wasm.ts';
import { missingDependency, RefineDetError } from '../errors.ts';
import { createHeap } from '../kernels/heap.ts';
import { loadKernels } from '../kernels/module.ts';
import type { Model } from '../model/model.ts';
import { checkObject } from '../option-checks.ts';
import type { NativeBackend } from './native-backend.ts';
import { OnnxruntimeEngine } from './onnxruntime-engine.ts';
import type { OnnxRuntime } from './onnxruntime-session.ts';

/** Options of ONNX Runtime's sessions: `executionProviders`, for example. */
export type SessionOptions = InferenceSession.SessionOptions;

/** The backend; called with options, it returns a backend with them. */
export interface OnnxruntimeBackend extends NativeBackend {
  (options: SessionOptions): NativeBackend;
}

/** ONNX Runtime writes errors only, because its warnings do not concern users of this package. */
const ERRORS = 3;

/**
 * Option `backend` of `load`; needs the package onnxruntime-node. `onnxruntime({ executionProviders: ['cuda',
 * 'cpu'] })` hands options over to ONNX Runtime; `intraOpNumThreads` replaces the option `threads` of `load`.
 */
export const onnxruntime: OnnxruntimeBackend = Object.assign(withOptions, withOptions({}));

function withOptions(options: SessionOptions): NativeBackend {
  checkObject('the options of onnxruntime', options);
  return {
    backend: 'onnxruntime',
    session: options,
    start: (model, threads) => startEngine(model, threads, options),
  };
}

async function startEngine(
  model: Model,
  threads: Threads | undefined,
  options: SessionOptions,
): Promise<OnnxruntimeEngine> {
  const runtime = await importRuntime();
  const kernels = await loadKernels(createHeap());
  const session = {
    interOpNumThreads: 1,
    logSeverityLevel: ERRORS,
    ...options,
    intraOpNumThreads: options.intraOpNumThreads ?? threadCount(threads),
  } as const;
  return OnnxruntimeEngine.start(runtime, kernels, model, session);
}

/** @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE */
async function importRuntime(): Promise<OnnxRuntime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      throw missingDependency('the onnxruntime backend', 'onnxruntime-node', cause);
    }
    const message = `cannot use onnxruntime: ${(cause as Error).message.split('\n', 1)}`;
    throw new RefineDetError('BACKEND_UNAVAILABLE', message, { cause });
  }
}

export type { NativeBackend } from './native-backend.ts';
