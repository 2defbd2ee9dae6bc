/** What a web page downloads. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { gzipSize, pageDownload } from '../../support/browser/page-download.ts';
import { type Measured, type Suite, single } from '../suite.ts';

const MODULES = new URL('../../node_modules/', import.meta.url);

interface Download {
  name: string;
  files: Uint8Array[];
}

export const suite: Suite = {
  title: 'Download',
  about:
    'Files that a page loads before it can detect, without model weights: scripts and WebAssembly, minified; ' +
    'kilobytes (1000 bytes) after gzip -9. The peers are published builds (onnxruntime-web has one for any ' +
    'number of threads); tfjs with its wasm backend is a bundle of the imports of coco-ssd.',
  async run() {
    const onnxruntime = {
      name: 'onnxruntime-web',
      files: installed(
        'onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
        'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
      ),
    };
    const oneThread = [
      { name: 'refinedet', files: await pageDownload('oneThread') },
      onnxruntime,
      {
        name: 'tfjs, wasm backend, coco-ssd',
        files: [
          await cocoSsdBundle(),
          ...installed('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm'),
        ],
      },
    ];
    const several = [
      { name: 'refinedet', files: await pageDownload('severalThreads') },
      onnxruntime,
    ];
    return [
      { title: 'gzip, one thread', unit: 'KB', cases: compressed(oneThread) },
      { title: 'gzip, several threads', unit: 'KB', cases: compressed(several) },
    ];
  },
};

function compressed(downloads: readonly Download[]): Measured[] {
  const sizes = downloads.map(({ files }) => gzipSize(files));
  return downloads.map(({ name, files }, i) => {
    const raw = files.reduce((sum, file) => sum + file.length, 0);
    return single(name, sizes[i] / 1000, sizes[0] / 1000, `${(raw / 1000).toFixed(0)} KB unpacked`);
  });
}

function installed(...names: string[]): Uint8Array[] {
  return names.map((name) => readFileSync(fileURLToPath(new URL(name, MODULES))));
}

async function cocoSsdBundle(): Promise<Uint8Array> {
  const contents = `
    import { setBackend } from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-backend-wasm';
    import { load } from '@tensorflow-models/coco-ssd';
    globalThis.detectorOf = async () => { await setBackend('wasm'); return load(); };`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(MODULES) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}
