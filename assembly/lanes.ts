/**
 * Helpers on four f32 lanes. Static methods because the compiler inlines decorated methods, and a
 * call costs more than most of these bodies.
 *
 * `pmin` and `pmax` are one instruction where `min` and `max` are several; they return the first
 * operand when either is NaN.
 */
export abstract class Lanes {
  /** sum + a · b; with relaxed SIMD it is rounded once and faster. */
  @inline
  static addProduct(sum: v128, a: v128, b: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
    return f32x4.add(sum, f32x4.mul(a, b));
  }

  /**
   * exp(x), relative error below 2e-7; 0 below -87.3, infinite above 88.4; NaN stays NaN.
   * x = n·ln 2 + r with |r| <= ln 2 / 2; exp(r) by a degree-6 polynomial (Cephes' expf).
   */
  @inline
  static exp(value: v128): v128 {
    const x = f32x4.pmin(f32x4.pmax(value, f32x4.splat(-87.3)), f32x4.splat(88.8));
    // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the low mantissa bits.
    const shifter = f32x4.splat(12582912.0);
    const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), shifter);
    const n = f32x4.sub(shifted, shifter);
    // ln 2 in two parts, so that n times the first is exact.
    let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
    r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
    let p = f32x4.splat(1.98756915e-4);
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
    p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
    const power = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23); // 2^n
    return v128.andnot(f32x4.mul(p, power), f32x4.lt(value, f32x4.splat(-87.3)));
  }

  /** Sum of the four lanes. */
  @inline
  static sum(v: v128): f32 {
    const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
    return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  }

  /** Largest of the four lanes; they must not be NaN. */
  @inline
  static max(v: v128): f32 {
    const pairs = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
    return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
  }

  /** The first `count` (1 to 3) floats at an address, the other lanes from `fill`. */
  @inline
  static loadSome(address: usize, count: i32, fill: v128): v128 {
    let v = f32x4.replace_lane(fill, 0, load<f32>(address));
    if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(address, 4));
    if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(address, 8));
    return v;
  }
}
