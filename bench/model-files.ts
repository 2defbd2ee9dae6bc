/** One model in the formats of all runtimes, in a temporary folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportOnnx } from '../src/export/index.ts';
import type { Model } from '../src/model/model.ts';
import { writeModel } from '../src/weights/model-file.ts';

export interface ModelFiles {
  native: string;
  onnx: string;
}

export async function withModelFiles<T>(
  model: Model,
  work: (files: ModelFiles) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  const at = (name: string) => path.join(folder, name);
  const files = { native: at('model.safetensors'), onnx: at('model.onnx') };
  try {
    writeFileSync(files.native, await writeModel(model));
    writeFileSync(files.onnx, exportOnnx(model));
    return await work(files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
