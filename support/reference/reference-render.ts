/** Renders a sample in plain TypeScript, one target pixel at a time. */
import type { RawImage } from '../../src/image/raw-image.ts';
import type { SamplePlan, Tile } from '../../src/training/augmentation/augmentation-plan.ts';
import type { Normalization } from '../../src/training/augmentation/render.ts';

export function referenceRender(
  plan: SamplePlan,
  images: readonly RawImage[],
  { mean, std, channelOrder }: Normalization,
  width: number,
  height: number,
): Float32Array {
  const output = new Float32Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [(column + 0.5) / width, (row + 0.5) / height];
      // The last tile at this position is on top.
      const tile = plan.tiles.findLast(({ to }) => {
        return x >= to.x && x < to.x + to.width && y >= to.y && y < to.y + to.height;
      });
      if (!tile) continue;
      const color = colorAt(tile, images[tile.image], x, y);
      for (let c = 0; c < 3 && color; c++) {
        const value = color[channelOrder === 'RGB' ? c : 2 - c];
        output[3 * (row * width + column) + c] = (value - mean[c]) / std[c];
      }
    }
  }
  return output;
}

/** The color at a position in the sample; undefined beyond the image. */
function colorAt({ from, to, flip, colors }: Tile, image: RawImage, x: number, y: number) {
  const across = (x - to.x) / to.width;
  const px = (from.x + from.width * (flip ? 1 - across : across)) * image.width;
  const py = (from.y + (from.height * (y - to.y)) / to.height) * image.height;
  if (px < 0 || px >= image.width || py < 0 || py >= image.height) return undefined;
  const rgb = [0, 1, 2].map((c) => bilinear(image, px - 0.5, py - 0.5, c));
  return [0, 1, 2].map((row) => {
    const [r, g, b, constant] = colors.slice(4 * row, 4 * row + 4);
    return Math.min(Math.max(r * rgb[0] + g * rgb[1] + b * rgb[2] + constant, 0), 255);
  });
}

function bilinear({ data, width, height, channels }: RawImage, x: number, y: number, c: number) {
  const at = (column: number, row: number) => {
    const i = Math.min(Math.max(column, 0), width - 1);
    const j = Math.min(Math.max(row, 0), height - 1);
    return data[(j * width + i) * channels + (channels === 1 ? 0 : c)];
  };
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - left, y - top];
  const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
  const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
  return upper * (1 - v) + lower * v;
}
