import { describe, expect, it } from 'vitest';
import type { RawImage } from '../../src/image/raw-image.ts';
import { deriveRandom } from '../../src/random.ts';
import { cellColors, SceneCuts } from '../../src/stream/scene-cut.ts';

/** Blocks of random colors, moved by some pixels. */
function scene(seed: number, shift = 0, add = 0, channels: 1 | 3 | 4 = 3): RawImage {
  const [width, height, block] = [160, 120, 40];
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const random = deriveRandom(seed, Math.floor((x + shift) / block), Math.floor(y / block));
      for (let c = 0; c < channels; c++) {
        data[(y * width + x) * channels + c] = Math.min(255, random.integer(200) + add);
      }
    }
  }
  return { data, width, height, channels };
}

async function cuts(frames: readonly RawImage[]): Promise<number[]> {
  const detector = new SceneCuts();
  const found: number[] = [];
  for (const [i, frame] of frames.entries()) {
    if (detector.isCut(await cellColors(frame))) found.push(i);
  }
  return found;
}

describe('SceneCuts', () => {
  it.each([1, 3, 4] as const)('finds a new scene in %i channels', async (channels) => {
    const frames = [1, 1, 2, 2, 3].map((seed) => scene(seed, 0, 0, channels));
    expect(await cuts(frames)).toEqual([2, 4]);
  });

  it('finds a cut between moving scenes, and none in the movement', async () => {
    const frames = [1, 2].flatMap((seed) =>
      [0, 3, 6, 9, 12, 15].map((shift) => scene(seed, shift)),
    );
    expect(await cuts(frames)).toEqual([6]);
  });

  it('reports no cut when the light flickers', async () => {
    expect(await cuts([0, 10, 0, 10, 20, 10].map((light) => scene(1, 0, light)))).toEqual([]);
  });

  it('accepts an image of one pixel, and refuses images without pixels', async () => {
    const pixel: RawImage = { data: new Uint8Array([7]), width: 1, height: 1, channels: 1 };
    expect([...new Set(await cellColors(pixel))]).toEqual([7]);
    for (const image of ['frame.jpg', new Uint8Array(9)]) {
      await expect(cellColors(image)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
