/** Runs programs in their own processes: the thread count of the backend is fixed per process. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which build of the package provides `#platform`. */
export const CONDITION = '--conditions=refinedet-source';
const FLAGS = [CONDITION, '--import=tsx', '--input-type=module'];

const PRELUDE = `
  const { wasmRuntime } = await import('./src/backend/wasm.ts');
  const tf = await import('@tensorflow/tfjs-core');`;

/** Runs a module in a fresh process; it must end by itself, within `timeout` ms. */
export function inProcess(
  code: string,
  timeout = 50_000,
): Promise<{ stdout: string; stderr: string }> {
  const args = [...FLAGS, '-e', PRELUDE + code];
  return run(process.execPath, args, { cwd: root, timeout });
}
