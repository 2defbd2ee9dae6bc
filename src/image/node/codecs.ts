/**
 * The JPEG and WebP codecs in Node: Emscripten modules that receive their binary from us, because Node's
 * fetch reads no files. Each is compiled on first use.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { startOnce } from '../../start-once.ts';
import { withScale } from './reduced-jpeg.ts';

const require = createRequire(import.meta.url);

/** A codec's heap never shrinks; a codec with a larger heap than this is dropped after the image. */
const HEAP_LIMIT_BYTES = 256 * 1024 * 1024;

/** The part of an Emscripten module that this file uses. */
interface EmscriptenModule {
  HEAPU8: Uint8Array;
}

/** Pixels as the codecs return and expect them: four channels. */
export interface Pixels {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

interface JpegDecoder extends EmscriptenModule {
  decode(bytes: Uint8Array, applyOrientation: boolean): Pixels;
}

interface WebpDecoder extends EmscriptenModule {
  decode(bytes: Uint8Array): Pixels | null;
}

interface JpegEncoder extends EmscriptenModule {
  encode(rgba: Uint8Array, width: number, height: number, options: object): Uint8Array;
}

type Factory<M> = (options: object) => Promise<M>;

/** Runs a function on a codec. When the codec aborts, the error contains its last message. */
export type UseCodec<M> = <R>(use: (codec: M) => R) => Promise<R>;

export const jpegDecoder = lazyCodec<JpegDecoder>(
  () => import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js'),
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
);

/** Decoder for `decodeReduced`. */
export const reducingJpegDecoder = lazyCodec<JpegDecoder>(
  () => import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js'),
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  withScale,
);

export const webpDecoder = lazyCodec<WebpDecoder>(
  () => import('@jsquash/webp/codec/dec/webp_dec.js'),
  '@jsquash/webp/codec/dec/webp_dec.wasm',
);

export const jpegEncoder = lazyCodec<JpegEncoder>(
  () => import('@jsquash/jpeg/codec/enc/mozjpeg_enc.js'),
  '@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm',
);

function lazyCodec<M extends EmscriptenModule>(
  load: () => Promise<{ default: unknown }>,
  binary: string,
  alter = (program: Uint8Array<ArrayBuffer>) => program,
): UseCodec<M> {
  const compile = startOnce(async () => {
    const [{ default: factory }, bytes] = await Promise.all([
      load(),
      readFile(require.resolve(binary)),
    ]);
    return { factory: factory as Factory<M>, program: await WebAssembly.compile(alter(bytes)) };
  });
  let instance: Promise<M> | undefined;
  let lastWords = '';

  const instantiate = async () => {
    const { factory, program } = await compile();
    return factory({
      noInitialRun: true,
      printErr: (line: string) => {
        lastWords = line;
      },
      instantiateWasm(imports: WebAssembly.Imports, receive: (i: WebAssembly.Instance) => void) {
        const wasm = new WebAssembly.Instance(program, imports);
        receive(wasm);
        return wasm.exports;
      },
    });
  };

  return async (use) => {
    let current: Promise<M>;
    let codec: M;
    do {
      // Another call may have dropped the instance while this one waited for it.
      instance ??= instantiate().catch((error) => {
        instance = undefined;
        throw error;
      });
      current = instance;
      codec = await current;
    } while (current !== instance);
    lastWords = '';
    try {
      const result = use(codec);
      if (codec.HEAPU8.length > HEAP_LIMIT_BYTES) instance = undefined;
      return result;
    } catch (cause) {
      // A codec that aborts leaves its stack and heap in an undefined state.
      instance = undefined;
      throw lastWords ? new Error(lastWords, { cause }) : cause;
    }
  };
}
