/** Softmax of rows of any length, safe against overflow. */
import { Lanes } from './lanes';

/**
 * softmax over the last axis of [rows, columns]; `output` may be `input`. A row that holds a NaN or
 * +Infinity becomes NaN; -Infinity counts as probability 0.
 */
export function softmaxRows(input: usize, output: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>columns) << 2;
  for (let r = 0; r < rows; r++, input += bytes, output += bytes) {
    softmaxRow(input, output, columns);
  }
}

function softmaxRow(input: usize, output: usize, columns: i32): void {
  const whole = columns & ~3;
  const rest = columns & 3;
  const least = f32x4.splat(-f32.MAX_VALUE);

  let top = least;
  for (let c = 0; c < whole; c += 4) top = f32x4.pmax(top, v128.load(input + ((<usize>c) << 2)));
  let tail = least;
  if (rest) tail = Lanes.loadSome(input + ((<usize>whole) << 2), rest, least);
  const shift = f32x4.splat(Lanes.max(f32x4.pmax(top, tail)));

  let sum = f32x4.splat(0);
  for (let c = 0; c < whole; c += 4) {
    const e = Lanes.exp(f32x4.sub(v128.load(input + ((<usize>c) << 2)), shift));
    sum = f32x4.add(sum, e);
    v128.store(output + ((<usize>c) << 2), e);
  }
  // Lanes filled with the lowest float have an exponential of exactly 0, unless the whole row is
  // equally low; then they must not count.
  tail = Lanes.exp(f32x4.sub(tail, shift));
  for (let c = 0; c < rest; c++) {
    store<f32>(output + ((<usize>(whole + c)) << 2), f32x4.extract_lane(tail, 0));
    sum = f32x4.replace_lane(sum, 0, f32x4.extract_lane(sum, 0) + f32x4.extract_lane(tail, 0));
    tail = v128.shuffle<f32>(tail, tail, 1, 2, 3, 0);
  }

  const total = f32x4.splat(Lanes.sum(sum));
  for (let c = 0; c < whole; c += 4) {
    const at = output + ((<usize>c) << 2);
    v128.store(at, f32x4.div(v128.load(at), total));
  }
  for (let c = whole; c < columns; c++) {
    const at = output + ((<usize>c) << 2);
    store<f32>(at, load<f32>(at) / f32x4.extract_lane(total, 0));
  }
}
