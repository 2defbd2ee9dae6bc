import { describe, expect, it } from 'vitest';
import {
  BLACK,
  classColor,
  type Rgb,
  relativeLuminance,
  textColor,
} from '../../src/image/colors.ts';

function contrast(a: Rgb, b: Rgb): number {
  const [darker, lighter] = [a, b].map(relativeLuminance).sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

describe('class colors', () => {
  it('let text be read on them (WCAG AA)', () => {
    for (let classId = 0; classId < 500; classId++) {
      const color = classColor(classId);
      expect(contrast(color, textColor(color)), `class ${classId}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('contrast with black', () => {
    for (let classId = 0; classId < 500; classId++) {
      expect(contrast(classColor(classId), BLACK)).toBeGreaterThanOrEqual(3);
    }
  });

  it('differ between the 80 classes of COCO, clearly between the first 20', () => {
    const distances = (count: number) => {
      const colors = [...Array(count).keys()].map(classColor);
      return colors.flatMap((a, i) =>
        colors.slice(0, i).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
      );
    };
    expect(Math.min(...distances(20))).toBeGreaterThan(30);
    expect(Math.min(...distances(80))).toBeGreaterThan(0);
  });
});
