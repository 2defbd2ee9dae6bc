/** Colors of classes: as far apart as possible, and the same in every image. */

export type Rgb = readonly [red: number, green: number, blue: number];

export const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** Hues at multiples of the golden angle never repeat, for any number of classes. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
/** Class 0 is red. */
const FIRST_HUE = 0.5;
/** OKLCH lightness and chroma; neighboring classes differ in lightness too. */
const LIGHTNESSES = [0.63, 0.82, 0.72];
const CHROMA = 0.19;

/** Color of a class, 0..255 per channel. */
export function classColor(classId: number): Rgb {
  const hue = FIRST_HUE + classId * GOLDEN_ANGLE;
  const lightness = LIGHTNESSES[classId % LIGHTNESSES.length];
  return oklabToRgb(lightness, CHROMA * Math.cos(hue), CHROMA * Math.sin(hue));
}

/** Black or white, whichever is easier to read on a background: at least 4.5:1 (WCAG 2, level AA). */
export function textColor(background: Rgb): Rgb {
  const luminance = relativeLuminance(background);
  return (luminance + 0.05) ** 2 > 0.05 * 1.05 ? BLACK : WHITE;
}

/** WCAG 2 relative luminance, 0 to 1. */
export function relativeLuminance([red, green, blue]: Rgb): number {
  const linear = (level: number) => {
    const v = level / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Björn Ottosson's Oklab to sRGB; what sRGB cannot show is clipped. */
function oklabToRgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const level = (linear: number) => {
    const v = Math.max(0, Math.min(1, linear));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  };
  return [
    level(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    level(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    level(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}
