import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';

let written: string;
const wasTerminal = process.stderr.isTTY;

beforeEach(() => {
  written = '';
  process.stderr.isTTY = true;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = wasTerminal;
});

describe('Progress', () => {
  it('shows count, rate and time left on a terminal', () => {
    const progress = new Progress(10);
    progress.advance();
    progress.stop();
    expect(written).toMatch(/█.*░ 1\/10 {2}[\d.]+ images\/s {2}.* left/);
  });

  it('keeps lines that were printed meanwhile', () => {
    const progress = new Progress(10);
    progress.clear();
    process.stderr.write('a line\n');
    progress.advance();
    progress.stop();
    // At the end the bar returns to the saved position and clears that line.
    const [save, restore] = ['\x1b7', '\x1b8'];
    expect(written.lastIndexOf(restore)).toBeGreaterThan(written.lastIndexOf(save));
    expect(written.lastIndexOf(save)).toBeGreaterThan(written.indexOf('a line'));
  });

  it.each([
    ['stderr is not a terminal', false, 10, {}],
    ['there is one image only', true, 1, {}],
    ['it shall be quiet', true, 10, { quiet: true }],
  ])('shows nothing when %s', (_, isTTY, total, options) => {
    process.stderr.isTTY = isTTY;
    const progress = new Progress(total, options);
    progress.clear();
    progress.advance();
    progress.stop();
    expect(written).toBe('');
  });
});
