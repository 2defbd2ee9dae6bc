/** The importer against torch itself, on a checkpoint of full size in both formats. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VOC_CLASSES } from '../../src/labels.ts';
import { convertModel } from '../../src/weights/convert-weights.ts';
import { readTorchFile } from '../../src/weights/torch-file.ts';
import { torchOfTests } from '../../support/torch.ts';

const REFERENCE = fileURLToPath(new URL('../../../shared/reference/', import.meta.url));
const PYTHON = torchOfTests();

/** Prints, for every tensor, the sum of index-weighted elements with the axes of this package. */
const SUMS = `
import json, sys, torch
def order(name, t):
    if t.dim() != 4: return t
    return t.permute(2, 3, 0, 1) if name.startswith("tcb1") else t.permute(2, 3, 1, 0)
def digest(t):
    flat = t.contiguous().reshape(-1).double()
    return (flat * (torch.arange(flat.numel()) % 1009)).sum().item()
state = torch.load(sys.argv[1])
print(json.dumps({name: digest(order(name, t)) for name, t in state.items()}))
`;

function digest(data: Float32Array): number {
  return data.reduce((sum, value, i) => sum + value * (i % 1009), 0);
}

describe.skipIf(PYTHON === undefined || !existsSync(REFERENCE))('a full-size checkpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-'));
  const path = (format: string) => join(folder, `${format}.pth`);
  let sums: Record<string, number>;

  beforeAll(() => {
    const generate = [
      join(REFERENCE, 'gen_state.py'),
      join(REFERENCE, 'vgg16_320_voc_shapes.json'),
    ];
    execFileSync(PYTHON!, [...generate, path('zip')]);
    execFileSync(PYTHON!, [...generate, path('legacy'), '--legacy']);
    const options = { encoding: 'utf8', maxBuffer: 2 ** 24 } as const;
    sums = JSON.parse(execFileSync(PYTHON!, ['-c', SUMS, path('zip')], options));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['zip', 'legacy'])('has the elements that torch reads, in graph order: %s', (format) => {
    const bytes = readFileSync(path(format));
    const { weights, config } = convertModel(bytes, {
      preset: 'refinedet320-vgg16',
      classes: VOC_CLASSES,
    });
    expect(config.anchors.clip).toBe(true);
    const names = [...readTorchFile(bytes).keys()];
    expect(weights.size).toBe(names.length);
    const actual = [...weights.values()].map(({ data }) => digest(data)).sort((a, b) => a - b);
    const expected = Object.values(sums).sort((a, b) => a - b);
    for (const [i, sum] of actual.entries()) expect(sum).toBeCloseTo(expected[i], 4);
    expect(digest(weights.get('tcb4.up.weight')!.data)).toBeCloseTo(sums['tcb1.1.weight'], 4);
    expect(digest(weights.get('conv5_1.weight')!.data)).toBeCloseTo(sums['vgg.24.weight'], 4);
    expect(digest(weights.get('odm6.conf.bias')!.data)).toBeCloseTo(sums['odm_conf.3.bias'], 6);
  });
});
