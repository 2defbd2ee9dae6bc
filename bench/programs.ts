/** The programs of bench/programs, in processes without any loader, on the built package. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXAMPLE } from './example.ts';
import type { ModelFiles } from './model-files.ts';

/** On the same weights and one thread. */
export const PROGRAMS = ['refinedet', 'onnxruntime-web', 'onnxruntime-node'] as const;
/** `RefineDet.load()` and nothing else: the package's float16 file, threads as it likes. */
export const AS_SHIPPED = 'as-shipped';

export interface ProgramReport {
  /** Milliseconds from the start of the process to the end of the first run. */
  firstMs: number;
  /** Bytes of resident memory after the first run, after the last, and at most. */
  atRest: number;
  rss: number;
  peak: number;
}

/** @param count how many times it works */
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
  if (existsSync(new URL('../dist/index.js', import.meta.url))) return;
  throw new Error('this suite measures the built package: run `npm run build` first');
}
