/** Recognizes errors of memory or address space, which the input did not cause. */
import { RefineDetError } from './errors.ts';

const SHORTAGE =
  /out of memory|cannot allocate|could not allocate|allocation failed|failed to allocate|memory access out of range of address space/i;

/** Every wasm memory reserves 8 GB or more of addresses, for which `ulimit -v` may leave no room. */
const ADVICE =
  'use fewer workers or threads, or start Node with --disable-wasm-trap-handler, which needs less address space';

/**
 * OUT_OF_MEMORY for an error that says so, else undefined.
 * @param what could not be done: "cannot start the JPEG decoder"
 */
export function memoryShortage(what: string, cause: unknown): RefineDetError | undefined {
  if (cause instanceof RefineDetError) return cause.code === 'OUT_OF_MEMORY' ? cause : undefined;
  const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  if (name !== 'RangeError' && !/memory/i.test(message)) return undefined;
  if (!SHORTAGE.test(message)) return undefined;
  return new RefineDetError('OUT_OF_MEMORY', `${what}: ${message}; ${ADVICE}`, { cause });
}
