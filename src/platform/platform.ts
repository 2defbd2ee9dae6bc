/** What `#platform` stands for: one module for Node, one for browsers. */
import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { DecodeOptions } from '../image/header.ts';
import type { DecodedImage, RawImage } from '../image/raw-image.ts';
import type { WasmAssets, WasmModule } from './wasm-module.ts';

/** Images that a browser has decoded already. */
export type PixelSource =
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | ImageBitmap
  | VideoFrame
  | ImageData;

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes received. */
  loaded: number;
  /** Bytes in all; undefined when the server does not say. */
  total: number | undefined;
}

export interface DownloadOptions {
  onProgress?: (progress: DownloadProgress) => void;
  /** Keep a copy in the browser's Cache API, where there is one. Default false. */
  cache?: boolean;
}

/**
 * Where tfjs' wasm binary comes from: URL of a folder with tfjs-backend-wasm-simd.wasm and
 * tfjs-backend-wasm-threaded-simd.wasm, or a function that gets hold of the bytes.
 */
export type WasmSource = string | URL | ((threaded: boolean) => Promise<BufferSource>);

/** The part of WebGPU that starts a device; TypeScript's own library does not know it yet. */
export interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<GpuAdapter | null>;
}

/** Work in another thread. */
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
  /** Logical processors. */
  availableThreads(): number;
  /** Why threads cannot be used here, or undefined when they can. */
  threadsUnavailable(): string | undefined;
  /**
   * tfjs' wasm build, single-threaded or threaded.
   * @param source of the binary, in browsers; default: a copy inside of the package
   * @throws FETCH_FAILED
   */
  wasmAssets(threaded: boolean, source?: WasmSource): Promise<WasmAssets>;
  /**
   * A thread that does not keep the process alive.
   * @param script sets `globalThis.onmessage`, as that of a web worker
   * @param onDeath told why, when it ends by itself
   */
  startThread(script: string, onDeath: (reason: string) => void): Thread;
  /** tfjs' wasm backend on a started module. */
  createBackend(module: WasmModule, threads: number): KernelBackend;
  /**
   * Bytes of a path (Node) or URL.
   * @throws FILE_NOT_FOUND, FETCH_FAILED, ABORTED
   */
  readBytes(
    source: string | URL,
    signal?: AbortSignal,
    download?: DownloadOptions,
  ): Promise<Uint8Array>;
  /** Pixels of a JPEG, PNG or WebP file. @throws IMAGE_* */
  decodeImage(bytes: Uint8Array, options?: DecodeOptions): Promise<DecodedImage>;
  /** Pixels of a {@link PixelSource}; undefined for anything else. @throws IMAGE_* */
  readPixels(source: object, options?: DecodeOptions): Promise<RawImage | undefined>;
  /** WebGPU, where there is one. @throws MISSING_DEPENDENCY */
  openGpu(): Promise<Gpu | undefined>;
  /**
   * Bytes of the model that comes with the package, or undefined when there is none.
   * @throws FETCH_FAILED, ABORTED
   */
  defaultModel(signal?: AbortSignal, download?: DownloadOptions): Promise<Uint8Array | undefined>;
}
