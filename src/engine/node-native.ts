/** Native backends in Node. */
import { RefineDetError } from '../errors.ts';
import type { NativeBackend } from './native-backend.ts';

/** Loads the native backend; its optional package is loaded when it starts. */
export async function loadNative(session?: object): Promise<NativeBackend | undefined> {
  const { onnxruntime } = await import('./onnxruntime.ts');
  return session ? onnxruntime(session) : onnxruntime;
}

/**
 * The note on a backend that nobody asked for: no error of it keeps the others from running. None where its
 * package is not installed.
 */
export function noteOnUnasked(name: string, error: unknown): string | undefined {
  const code = error instanceof RefineDetError ? error.code : 'UNEXPECTED';
  if (code === 'MISSING_DEPENDENCY') return undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return `refinedet leaves ${name} out: ${reason} [${code}]`;
}
