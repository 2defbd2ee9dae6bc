import type { Program } from 'assemblyscript';
import asc, { type Transform } from 'assemblyscript/asc';
import { describe, expect, it } from 'vitest';
import { checkModule, staleTexts } from '../../scripts/build-kernels.ts';
import { abiText } from '../../scripts/kernel-abi.ts';
import { hotText } from '../../scripts/kernel-text.ts';
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
  const names = ['detection', 'training'].flatMap((module) =>
    ['single', 'threaded', 'fused-single', 'fused-threaded'].map((target) => `${module}-${target}`),
  );
  it.each(names)('pass (%s)', async (name) => {
    const { default: text } = await import(`../../src/kernels/generated/${name}.ts`);
    const binary = await unpack(text);
    expect(() => checkModule(binary, name)).not.toThrow();
  });
});

/** The ABI of a program of one file. */
async function abiOf(source: string): Promise<string> {
  let program: Program | undefined;
  const transform: Partial<Transform> = {
    afterInitialize: (initialized) => {
      program = initialized;
    },
  };
  const files: Record<string, string> = { 'entry.ts': source };
  const { error, stderr } = await asc.main(['entry.ts', '--runtime', 'stub', '--outFile', 'x'], {
    readFile: (name) => files[name] ?? null,
    writeFile: () => {},
    listFiles: () => [],
    transforms: [transform as Transform],
  });
  expect(error, String(stderr)).toBeNull();
  return abiText({ program: program!, entry: 'entry', exports: 'KernelExports' });
}

describe('the ABI', () => {
  const SUMS = `
    @unmanaged class Base { flag: bool; total: f64; }
    @unmanaged class Sums extends Base { next: Sums; values: usize; count: i32; }
    export function add(sums: usize, scale: f32): void { changetype<Sums>(sums).count = <i32>scale; }
    export function countOf(s: Sums): i32 { return s.count; }`;

  it('has every field where the compiler has put it, those of the base class first', async () => {
    expect(await abiOf(SUMS.replace('flag: bool', 'flag: i32'))).toContain(`
export const Sums = {
  bytes: 28,
  fields: [
    ['flag', 'i32', 0],
    ['total', 'f64', 8],
    ['next', 'u32', 16],
    ['values', 'u32', 20],
    ['count', 'i32', 24],
  ],
} as const;`);
  });

  it('has the names of all arguments; the address of a record is called as its class', async () => {
    const text = await abiOf(SUMS.replace('flag: bool', 'flag: i32'));
    expect(text).toContain('  add(sums: usize, scale: f32): void;\n');
    expect(text).toContain('  countOf(sums: usize): i32;\n');
  });

  it('refuses fields that no record helper can write', async () => {
    await expect(abiOf(SUMS)).rejects.toThrow('Base.flag has the type bool');
  });

  it('refuses two records of one name', async () => {
    const twice = `${SUMS.replace('flag: bool', 'flag: i32')}
      namespace other { @unmanaged export class Sums { count: i32; } }`;
    await expect(abiOf(twice)).rejects.toThrow('two records are called Sums');
  });
});

describe('the text of the hot kernels', () => {
  it('has the functions of one file', () => {
    const texts = ['gemm/tile', 'gemm2/tile', 'gemm/multiply'].map(
      (name) => ` (func $assembly/${name} (param $0 i32)\n  local.get $0\n  drop\n )\n`,
    );
    const module = `(module\n (type $0 (func))\n${texts.join('')} (memory 0)\n)\n`;
    const [, ...found] = hotText([module, module], 'gemm').split('\n\n');
    expect(found).toEqual([
      '(func $assembly/gemm/tile (param $0 i32)\n local.get $0\n drop\n)',
      '(func $assembly/gemm/multiply (param $0 i32)\n local.get $0\n drop\n)\n',
    ]);
  });

  it('in assembly/wat is that of the last build; else run npm run build:wat', () => {
    expect(staleTexts()).toEqual([]);
  });
});
