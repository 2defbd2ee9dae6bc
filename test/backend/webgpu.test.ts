import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasPart } from '../../support/optional-parts.ts';

/** Chromium includes a Vulkan loader and a driver that computes on the CPU. */
const VULKAN = '/usr/lib/chromium';
const DRIVER = `${VULKAN}/vk_swiftshader_icd.json`;
const hasDriver = hasPart('vulkan', existsSync(DRIVER) ? undefined : `${DRIVER} is missing`);

/** Timeout for a GPU that two busy cores emulate. */
const TIMEOUT_MS = 150_000;

const PROGRAM = `
  const { RefineDet } = await import('./src/index.ts');
  const { webgpu } = await import('./src/backend/webgpu.ts');
  const { randomModel } = await import('./support/models/random-model.ts');
  const load = (backend) => RefineDet.load(randomModel(64), { backend, gpu: [webgpu], threads: 1 });
  const detectors = [await load('wasm'), await load('webgpu')];
  const find = (detector) => detector.detect('examples/cat.jpg', { scoreThreshold: 0.05 });
  // Both at once: they take turns with tfjs' one current backend.
  const [expected, found] = await Promise.all(detectors.map(find));
  const backends = detectors.map(({ backend }) => backend);
  for (const detector of detectors) detector.dispose();
  console.log(JSON.stringify({ backends, expected, found }));`;

describe.skipIf(!hasDriver)('refinedet/webgpu in Node', () => {
  it(
    'detects the same as wasm, and lets the process end',
    async () => {
      const flags = ['--conditions=refinedet-source', '--import=tsx', '--input-type=module'];
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', PROGRAM], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        // The loader of shared libraries reads its path when a process starts.
        env: { ...process.env, LD_LIBRARY_PATH: VULKAN, VK_ICD_FILENAMES: DRIVER },
        timeout: TIMEOUT_MS,
      });
      const { backends, expected, found } = JSON.parse(stdout);
      expect(backends).toEqual(['wasm', 'webgpu']);
      expect(found.length).toBe(expected.length);
      expect(found.length).toBeGreaterThan(0);
      for (const [i, { label, score, box }] of found.entries()) {
        expect(label).toBe(expected[i].label);
        expect(score).toBeCloseTo(expected[i].score, 3);
        for (const side of ['x', 'y', 'width', 'height']) {
          expect(Math.abs(box[side] - expected[i].box[side])).toBeLessThan(1);
        }
      }
    },
    TIMEOUT_MS,
  );
});
