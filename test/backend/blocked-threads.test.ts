/** Threads that a policy of the page or the process forbids. */
import { describe, expect, it, vi } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { blockedScript } from '../../src/platform/blocked.ts';

vi.mock('#platform', async (original) => {
  const platform = await original<typeof import('../../src/platform/node.ts')>();
  return {
    ...platform,
    availableThreads: () => 4,
    startThread() {
      throw new Error('access to workers has been restricted');
    },
  };
});

describe('threads that cannot be started', () => {
  it('are an error where the user has asked for them', async () => {
    await expect(wasmRuntime(2)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('access to workers has been restricted'),
    });
  });

  it('cost one warning that names the cause where their number is automatic', async () => {
    const warnings: string[] = [];
    const { threads } = await wasmRuntime('auto', (message) => warnings.push(message));
    expect(threads).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(/on one thread: .*access to workers has been restricted/),
    ]);
    await wasmRuntime('auto', (message) => warnings.push(message));
    expect(warnings).toHaveLength(1);
  });

  it('name the directives that a page needs', () => {
    expect(blockedScript()).toMatch(/worker-src and script-src/);
  });
});
