/** Pages have no native backends. */
import type { NativeBackend } from './native-backend.ts';

export async function loadNative(_session?: object): Promise<NativeBackend | undefined> {
  return undefined;
}

/** Pages have none to note. */
export function noteOnUnasked(_name: string, _error: unknown): string | undefined {
  return undefined;
}
