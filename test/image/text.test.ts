import { describe, expect, it } from 'vitest';
import { renderText, type TextMask } from '../../src/image/text.ts';

const LATIN_1 = [...Array(0x5f).keys()].map((i) => i + 0x20);
for (let code = 0xa0; code <= 0xff; code++) LATIN_1.push(code);

const ink = ({ alpha }: TextMask) => alpha.reduce((sum, a) => sum + a, 0);

/** Number of rows with more than a trace of ink. */
function inkedRows({ alpha, width, height }: TextMask): number {
  return [...Array(height).keys()].filter((y) =>
    alpha.subarray(y * width, (y + 1) * width).some((a) => a > 0.5),
  ).length;
}

describe('renderText', () => {
  it('draws every character of ASCII and Latin-1 except blanks', () => {
    const blanks = new Set([' ', '\u00a0', '\u00ad']);
    for (const character of LATIN_1.map((code) => String.fromCharCode(code))) {
      const drawn = ink(renderText(character, 20));
      if (character === ' ' || character === '\u00a0') expect(drawn).toBe(0);
      else if (!blanks.has(character)) expect(drawn, character).toBeGreaterThan(5);
    }
  });

  it('gives different characters different shapes', () => {
    const shapes = new Set(
      ['0', 'O', 'l', '1', 'a', 'ä', 'B', '8'].map((c) => String(renderText(c, 20).alpha)),
    );
    expect(shapes.size).toBe(8);
  });

  it('shows unknown characters as question marks', () => {
    expect(renderText('日☃', 12)).toEqual(renderText('??', 12));
    expect(renderText('𝄞', 12)).toEqual(renderText('?', 12));
  });

  it('has the requested height', () => {
    for (const capHeight of [8, 13, 40]) {
      expect(Math.abs(inkedRows(renderText('H', capHeight)) - capHeight)).toBeLessThanOrEqual(1);
    }
  });

  it('covers the same share of the pixels at every size', () => {
    const share = (capHeight: number) => ink(renderText('cat 0.93', capHeight)) / capHeight ** 2;
    for (const capHeight of [6, 9.5, 30]) expect(share(capHeight) / share(100)).toBeCloseTo(1, 1);
  });

  it('leaves the inside of an O empty and fills its stroke', () => {
    const { alpha, width, height } = renderText('O', 40);
    const row = Math.round(height / 2) * width;
    expect(alpha[row + Math.round(width / 2)]).toBeCloseTo(0, 5);
    expect(Math.max(...alpha.subarray(row, row + width))).toBeCloseTo(1, 5);
  });

  it('anti-aliases edges with at most full opacity', () => {
    const { alpha } = renderText('Ägypten/%&', 9);
    expect(alpha.some((a) => a > 0.2 && a < 0.8)).toBe(true);
    expect(alpha.every((a) => a >= 0 && a <= 1)).toBe(true);
  });

  it('draws nothing for an empty text', () => {
    expect(ink(renderText('', 10))).toBe(0);
  });
});
