import { afterEach, describe, expect, it, vi } from 'vitest';
import { BOARD_BYTES, Board, type PartKernels } from '../../../src/kernels/parallel/board.ts';

/** Words of the board: parts that are not taken, and parts that are not finished. */
const UNTAKEN = 0;
const UNFINISHED = 16;

/** A board with a task of two parts, one of which another thread has taken. */
function boardWithTakenPart() {
  const buffer = new SharedArrayBuffer(BOARD_BYTES);
  const words = new Int32Array(buffer, 0, UNFINISHED + 1);
  const depthToSpace = vi.fn();
  const board = new Board(buffer, { depthToSpace } as unknown as PartKernels, 0);
  const args = [8, 16, 1, 4];
  board.post({ kernel: 'depthToSpace', args, total: 2, step: 1, scratch: 0, scratchBytes: 0 });
  Atomics.sub(words, UNTAKEN, 1);
  board.work();
  expect(depthToSpace.mock.calls).toEqual([[...args, 0, 1, 0]]);
  const finish = () => Atomics.sub(words, UNFINISHED, 1);
  return { board, finish };
}

/** Replaces the clock and the waits. */
function simulate(wait: (n: number) => number) {
  let now = 0;
  let waits = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    now += wait(++waits);
    return 'timed-out';
  });
  return () => ({ now, waits });
}

afterEach(() => vi.restoreAllMocks());

describe('settling a task', () => {
  it('keeps waiting when the whole process was stopped for longer than its patience', () => {
    const { board, finish } = boardWithTakenPart();
    const clock = simulate((n) => {
      if (n === 3) finish();
      return n === 1 ? 60_000 : 100;
    });
    expect(board.settle(10_000)).toBe('done');
    expect(clock()).toEqual({ now: 60_200, waits: 3 });
  });

  it('gives up a part without progress for as long as its patience', () => {
    const { board } = boardWithTakenPart();
    const clock = simulate(() => 100);
    expect(board.settle(10_000)).toBe('late');
    expect(clock().now).toBeGreaterThanOrEqual(10_000);
    expect(clock().now).toBeLessThan(10_500);
  });
});
