import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run the sources: `#platform` is resolved by this condition, see package.json.
  resolve: { conditions: ['refinedet-source'] },
  ssr: { resolve: { conditions: ['refinedet-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each file loads its own wasm backend; two cores run two files at a time.
    pool: 'forks',
    maxWorkers: 2,
  },
});
