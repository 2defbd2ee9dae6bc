/** The interface of `#platform`: one module for Node, one for browsers. */
import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { DecodeOptions } from '../image/header.ts';
import type { DecodedImage, RawImage } from '../image/raw-image.ts';
import type { ModelName } from '../packaged-models.ts';
import type { WasmAssets, WasmModule } from './wasm-module.ts';

/** Images that a browser has already decoded. */
export type PixelSource =
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | ImageBitmap
  | VideoFrame
  | ImageData;

/** Progress of a download. */
export interface DownloadProgress {
  /** Bytes received so far. */
  loaded: number;
  /** Total number of bytes; undefined when the server does not send it. */
  total: number | undefined;
}

export interface DownloadOptions {
  onProgress?: (progress: DownloadProgress) => void;
  /** Keeps a copy in the browser's Cache API, if available. Default false. */
  cache?: boolean;
}

/**
 * Source of tfjs' wasm binary: the URL of a folder with tfjs-backend-wasm-simd.wasm and
 * tfjs-backend-wasm-threaded-simd.wasm, or a function that returns the bytes.
 */
export type WasmSource = string | URL | ((threaded: boolean) => Promise<BufferSource>);

/** The part of WebGPU that starts a device; TypeScript's own library does not declare it yet. */
export interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<GpuAdapter | null>;
}

/** A script that runs in another thread. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): void;
}

interface GpuAdapter {
  readonly limits: Readonly<Record<string, number>>;
  readonly info: object;
  requestDevice(options: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

interface GpuDevice {
  readonly lost: Promise<{ message: string }>;
}

export interface Platform {
  /** Number of logical processors. */
  availableThreads(): number;
  /** Why threads cannot be used here, or undefined when they can. */
  threadsUnavailable(): string | undefined;
  /**
   * Loads tfjs' wasm build, single-threaded or threaded.
   * @param source source of the binary, in browsers; default: the copy inside the package
   * @throws FETCH_FAILED
   */
  wasmAssets(threaded: boolean, source?: WasmSource): Promise<WasmAssets>;
  /**
   * Starts a thread that does not keep the process alive.
   * @param script sets `globalThis.onmessage`, like the script of a web worker
   * @param onDeath receives the reason when the thread ends by itself
   */
  startThread(script: string, onDeath: (reason: string) => void): Thread;
  /** tfjs' wasm backend on a started module. */
  createBackend(module: WasmModule, threads: number): KernelBackend;
  /**
   * Reads the bytes of a path (Node) or URL.
   * @throws FILE_NOT_FOUND, FETCH_FAILED, ABORTED
   */
  readBytes(
    source: string | URL,
    signal?: AbortSignal,
    download?: DownloadOptions,
  ): Promise<Uint8Array>;
  /** Decodes a JPEG, PNG or WebP file. @throws IMAGE_* */
  decodeImage(bytes: Uint8Array, options?: DecodeOptions): Promise<DecodedImage>;
  /** Frees bytes that nobody else has, such as pixels of {@link decodeImage}, where that helps. */
  freeBytes(bytes: ArrayBufferView | undefined): void;
  /** Reads the pixels of a {@link PixelSource}; undefined for anything else. @throws IMAGE_* */
  readPixels(source: object, options?: DecodeOptions): Promise<RawImage | undefined>;
  /** WebGPU, if available. @throws MISSING_DEPENDENCY */
  openGpu(): Promise<Gpu | undefined>;
  /**
   * Bytes of a model in the package, or undefined where its file is missing.
   * @throws FETCH_FAILED, ABORTED
   */
  readPackagedModel(
    name: ModelName,
    signal?: AbortSignal,
    download?: DownloadOptions,
  ): Promise<Uint8Array | undefined>;
}
