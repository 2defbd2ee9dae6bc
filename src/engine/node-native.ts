/** Native backends in Node. */
import type { NativeBackend } from './native-backend.ts';

/** Loads the native backend; its optional package is loaded when it starts. */
export async function loadNative(session?: object): Promise<NativeBackend | undefined> {
  const { onnxruntime } = await import('./onnxruntime.ts');
  return session ? onnxruntime(session) : onnxruntime;
}
