import { describe, expect, it } from 'vitest';
import { checkModule } from '../../scripts/build-kernels.ts';
import { unpack } from '../../src/embedded.ts';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (value: string) => [value.length, ...Buffer.from(value)];
/** An import section with one memory of at least one page. */
const importMemory = (module: string, name: string) => {
  const content = [1, ...text(module), ...text(name), 2, 0, 1];
  return [2, content.length, ...content];
};
/** A data section that writes one byte to address 0. */
const DATA = [11, 7, 1, 0, 0x41, 0, 0x0b, 1, 7];

const check = (...sections: number[][]) =>
  checkModule(Uint8Array.from([HEADER, ...sections].flat()), 'single');

describe('checkModule', () => {
  it('accepts a module that imports the memory and nothing else', () => {
    expect(() => check(importMemory('env', 'memory'))).not.toThrow();
  });

  it('refuses static data, which would overwrite the memory of others', () => {
    expect(() => check(importMemory('env', 'memory'), DATA)).toThrow(
      'kernels (single) have a static data segment',
    );
  });

  it('refuses any other import, and a memory of its own', () => {
    expect(() => check(importMemory('env', 'abort'))).toThrow('import env.abort');
    expect(() => check()).toThrow('import nothing, expected only env.memory');
  });
});

describe('the built kernels', () => {
  it.each(['single', 'threaded', 'fused-single', 'fused-threaded'])('pass (%s)', async (target) => {
    const { default: text } = await import(`../../src/kernels/generated/${target}.ts`);
    const binary = await unpack(text);
    expect(() => checkModule(binary, target)).not.toThrow();
  });
});
