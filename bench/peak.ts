/** Peak of one core: independent f32x4 multiplications and additions in registers. */
import asc from 'assemblyscript/asc';
import type { Case } from './harness.ts';

const ITERATIONS = 1_000_000;
/** Eight accumulators hide the latency of the addition. */
const ACCUMULATORS = 8;

/** @returns a case and the number of floating-point operations per call */
export async function peakCase(): Promise<Case & { flops: number }> {
  const sums = Array.from({ length: ACCUMULATORS }, (_, i) => `s${i}`);
  // Each sum changes: otherwise the compiler would move its product out of the loop. Two chains of four run at once.
  const factor = (i: number) => (i % (ACCUMULATORS / 2) === 0 ? 'b' : sums[i - 1]);
  const source = `
    export function peak(n: i32): f32 {
      let a = f32x4.splat(0.1), b = f32x4.splat(0.2);
      ${sums.map((sum) => `let ${sum} = f32x4.splat(0);`).join('')}
      for (let i = 0; i < n; i++) {
        ${sums.map((sum, i) => `${sum} = f32x4.add(${sum}, f32x4.mul(a, ${factor(i)}));`).join('\n')}
      }
      return f32x4.extract_lane(${sums.reduce((total, sum) => `f32x4.add(${total}, ${sum})`)}, 0);
    }`;
  const { binary, stderr } = await asc.compileString(source, {
    optimizeLevel: 3,
    runtime: 'stub',
    enable: ['simd'],
  });
  if (!binary) throw new Error(`the peak loop does not compile:\n${stderr}`);
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, {
    env: { abort: () => {} },
  });
  const { peak } = instance.exports as { peak: (n: number) => number };
  return {
    name: 'peak',
    run: () => peak(ITERATIONS),
    flops: ITERATIONS * 4 * 2 * ACCUMULATORS,
  };
}
