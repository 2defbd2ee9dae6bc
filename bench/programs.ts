/** Runs the programs of bench/programs, in processes without a loader, on the built package. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXAMPLE } from './example.ts';
import type { ModelFiles } from './model-files.ts';

/** Programs with the same weights and one thread. */
export const PROGRAMS = ['refinedet', 'onnxruntime-web', 'onnxruntime-node'] as const;
/** `RefineDet.load()` without options: the default model and the default number of threads. */
export const AS_SHIPPED = 'as-shipped';

export interface ProgramReport {
  /** Milliseconds from the start of the process to the end of the first run. */
  firstMs: number;
  /** Bytes of resident memory after the first run, after the last run, and at the peak. */
  atRest: number;
  rss: number;
  peak: number;
}

/** @param count number of runs */
export function runProgram(
  name: (typeof PROGRAMS)[number] | typeof AS_SHIPPED,
  files: ModelFiles,
  count: number,
): ProgramReport {
  requireBuild();
  const program = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const model = name === 'refinedet' ? files.native : files.onnx;
  const start = Date.now();
  const args = [program, model, EXAMPLE, String(count)];
  const { firstAt, ...memory } = JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8' }),
  );
  return { firstMs: firstAt - start, ...memory };
}

/** @throws when dist/ is missing */
export function requireBuild(): void {
  if (existsSync(new URL('../dist/node/index.js', import.meta.url))) return;
  throw new Error('this suite measures the built package: run `npm run build` first');
}
