import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { RunFolder } from '../../src/training/node/run-folder.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/training/run/checkpoint.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { emptyFolder, folderWith } from '../datasets/tree.ts';

const CHECKPOINT = {
  trainer: {
    step: 12,
    averageUpdates: 12,
    weights: Float32Array.of(1, -2, Number.MIN_VALUE, 3.5),
    averages: Float32Array.of(1, 2, 3, 4),
    optimizer: { first: Float32Array.of(5, 6, 7, 8), steps: Float32Array.of(12) },
  },
  config: resolveTrainConfig({ data: [{ path: 'x' }] }),
  model: randomModel().config,
  images: 9,
  history: [{ step: 6, score: 0.25, perClass: { ant: 0.25 }, images: 3, seconds: 1, best: true }],
};

describe('checkpoint file', () => {
  it('restores its content bit by bit', () => {
    const bytes = encodeCheckpoint(CHECKPOINT);
    expect(decodeCheckpoint(bytes, 'last')).toEqual(CHECKPOINT);
  });

  it.each([
    ['a truncated file', encodeCheckpoint(CHECKPOINT).slice(0, -10)],
    ['an empty file', new Uint8Array(0)],
    ['another safetensors file', writeSafetensors(new Map(), { format: 'refinedet' })],
    [
      'a checkpoint without tensors',
      writeSafetensors(new Map(), {
        format: 'refinedet-checkpoint',
        formatVersion: '1',
        state: '{}',
      }),
    ],
  ])('rejects %s with its name', (_, bytes) => {
    const decode = () => decodeCheckpoint(bytes, '/runs/a/last.safetensors');
    expect(decode).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }));
    expect(decode).toThrow(/\/runs\/a\/last\.safetensors cannot be resumed/);
  });
});

describe('RunFolder', () => {
  it('creates the folder, replaces files and appends', async () => {
    const folder = path.join(emptyFolder(), 'runs', 'one');
    const store = new RunFolder(folder);
    expect(await store.read('a.txt')).toBeUndefined();
    await store.write('a.txt', 'first');
    await store.write('a.txt', 'second');
    await store.append('a.txt', ' and third');
    expect(new TextDecoder().decode(await store.read('a.txt'))).toBe('second and third');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('keeps the old file and leaves no other when it cannot write', async () => {
    const folder = folderWith({ 'a.txt': 'old' });
    mkdirSync(path.join(folder, 'b.txt')); // occupies the name of the file
    const store = new RunFolder(folder);
    await expect(store.write('b.txt', 'new')).rejects.toMatchObject({ code: 'FILE_WRITE' });
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.txt']);
    const inFile = new RunFolder(path.join(folder, 'a.txt', 'run'));
    await expect(inFile.write('c', 'new')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('cannot be written'),
    });
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toBe('old');
  });
});
