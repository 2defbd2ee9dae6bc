/** Far beyond any image, and small enough for sums and products to stay finite. */
const MAX_COORDINATE = 1e9;

/** Whether a foreign value can be a position or a length in pixels. */
export const isCoordinate = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= MAX_COORDINATE;

/** Whether a foreign value says yes: tools write a flag as a number, a text or a truth value. */
export const isYes = (value: unknown): boolean => /^(1|true|yes)$/i.test(String(value).trim());

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Value of a plain decimal number, else NaN (`Number` would take '' and '0x10'). */
export function toNumber(text: string): number {
  const trimmed = text.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
}
