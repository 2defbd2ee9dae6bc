/** Checks of option values. */
import { RefineDetError } from '../errors.ts';

/**
 * @param expected completes "must be a number ..."
 * @throws INVALID_OPTION naming the option and the value
 */
export function checkNumber(
  name: string,
  value: unknown,
  isValid: boolean,
  expected: string,
): void {
  if (typeof value === 'number' && isValid) return;
  throw new RefineDetError('INVALID_OPTION', `${name} must be a number ${expected}, not ${value}`);
}
