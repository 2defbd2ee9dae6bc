/** Reads a tfjs graph model from files, in Node. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';

/** @param file the model's JSON file; its weights lie beside it */
export function fileHandler(file: string): tf.io.IOHandler {
  return {
    async load() {
      const { modelTopology, weightsManifest, signature } = JSON.parse(
        await readFile(file, 'utf8'),
      );
      const shards = weightsManifest.flatMap(({ paths }: { paths: string[] }) => paths);
      const parts = await Promise.all(
        shards.map((name: string) => readFile(path.join(path.dirname(file), name))),
      );
      return {
        modelTopology,
        signature,
        weightSpecs: weightsManifest.flatMap(({ weights }: { weights: unknown[] }) => weights),
        weightData: new Uint8Array(Buffer.concat(parts)).buffer,
      };
    },
  };
}
