/** Processes that lack address space. */
import { describe, expect, it } from 'vitest';
import { createWasmModule } from '../../src/backend/emscripten.ts';
import { describeError } from '../../src/cli/describe-error.ts';
import { isImageError } from '../../src/evaluation/detect-dataset.ts';
import { memoryShortage } from '../../src/out-of-memory.ts';

const SHORTAGE = new RangeError(
  'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance',
);
const assets = (error: Error) => ({
  binary: new Uint8Array(0),
  factory: () => Promise.reject(error),
});

describe('running out of address space', () => {
  it('has its own code, says what helps, and is no fault of an image', async () => {
    const error = memoryShortage('no memory to decode a.jpg', SHORTAGE)!;
    expect(error.code).toBe('OUT_OF_MEMORY');
    expect(error.message).toMatch(/decode a\.jpg.*--disable-wasm-trap-handler/);
    expect(isImageError(error)).toBe(false);
    expect(describeError(SHORTAGE).code).toBe('OUT_OF_MEMORY');
    expect(memoryShortage('x', error)).toBe(error);
  });

  it('is not seen in other errors', () => {
    for (const error of [
      new RangeError('Invalid array length'),
      new Error('truncated'),
      undefined,
    ]) {
      expect(memoryShortage('x', error)).toBeUndefined();
    }
  });

  it('is told when the backend starts', async () => {
    const start = (error: Error) => createWasmModule(assets(error), 1);
    await expect(start(SHORTAGE)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await expect(start(new Error('x'))).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  });
});
