/** Natural logarithm of four f32 lanes; the standard library's reads tables in static memory. */
export abstract class Logarithm {
  /**
   * ln(x) of normal numbers above 0, relative error below 2e-7 away from 1; NaN for
   * infinities and NaN. x = 2^n · m with m in [√½, √2); ln(m) by a degree-9 polynomial (Cephes' logf).
   */
  @inline
  static of(x: v128): v128 {
    // Subtracting the bits of √½ first moves the boundary of the exponent there.
    const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
    const n = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
    const mantissa = v128.and(bits, i32x4.splat(0x007fffff));
    const m = f32x4.sub(i32x4.add(mantissa, i32x4.splat(0x3f3504f3)), f32x4.splat(1));
    const square = f32x4.mul(m, m);
    let p = f32x4.splat(7.0376836292e-2);
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.151461031e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.167699874e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.2420140846e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.4249322787e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.6668057665e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(2.0000714765e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-2.4999993993e-1));
    p = f32x4.add(f32x4.mul(p, m), f32x4.splat(3.3333331174e-1));
    p = f32x4.mul(p, f32x4.mul(m, square));
    // ln 2 in two parts, so that n times the second is exact.
    p = f32x4.add(p, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
    p = f32x4.sub(p, f32x4.mul(square, f32x4.splat(0.5)));
    const ln = f32x4.add(f32x4.add(m, p), f32x4.mul(n, f32x4.splat(0.693359375)));
    return f32x4.add(ln, f32x4.sub(x, x));
  }
}
