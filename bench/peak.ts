/**
 * Peak of one core: independent multiplications and additions on four floats in registers, in two
 * instructions or, with relaxed SIMD, in one.
 */
import asc from 'assemblyscript/asc';
import { knowsFusedProducts } from '../src/kernels/relaxed-simd.ts';
import type { Case } from './harness.ts';

/** A short call: an engine exchanges its first, slow code between calls, not inside a loop. */
const ITERATIONS = 20_000;
/** Twelve independent sums hide the latency of both instructions, and leave registers for the operands. */
const SUMS = 12;
/** Calls until the code is the fast one; it comes from another thread, so time matters as well. */
const WARM_UP_MS = 300;

/**
 * @param fused whether to multiply and add in one instruction; default: what the kernels do here
 * @returns a case and the number of floating-point operations per call
 */
export async function peakCase(fused = knowsFusedProducts()): Promise<Case & { flops: number }> {
  const sums = Array.from({ length: SUMS }, (_, i) => `s${i}`);
  // sum · 0.5 + 1 tends to 2: neither infinite nor denormal numbers, which are slower.
  const product = (sum: string) =>
    fused ? `f32x4.relaxed_madd(${sum}, half, one)` : `f32x4.add(f32x4.mul(${sum}, half), one)`;
  const source = `
    export function peak(n: i32, factor: f32, term: f32): f32 {
      const half = f32x4.splat(factor), one = f32x4.splat(term);
      ${sums.map((sum, i) => `let ${sum} = f32x4.splat(${i});`).join('')}
      for (let i = 0; i < n; i++) {
        ${sums.map((sum) => `${sum} = ${product(sum)};`).join('\n')}
      }
      return f32x4.extract_lane(${sums.reduce((total, sum) => `f32x4.add(${total}, ${sum})`)}, 0);
    }`;
  const { binary, stderr } = await asc.compileString(source, {
    optimizeLevel: 3,
    runtime: 'stub',
    enable: fused ? ['simd', 'relaxed-simd'] : ['simd'],
  });
  if (!binary) throw new Error(`the peak loop does not compile:\n${stderr}`);
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, {
    env: { abort: () => {} },
  });
  const { peak } = instance.exports as { peak: (n: number, half: number, one: number) => number };
  const end = performance.now() + WARM_UP_MS;
  while (performance.now() < end) peak(ITERATIONS, 0.5, 1);
  return {
    name: fused ? 'fused SIMD peak' : 'SIMD peak',
    run: () => peak(ITERATIONS, 0.5, 1),
    flops: ITERATIONS * 4 * 2 * SUMS,
  };
}
