/** Checks of option values. */
import { RefineDetError } from '../errors.ts';
import { show } from '../option-checks.ts';

/**
 * @param expected completes "must be a number ..."
 * @throws INVALID_OPTION naming the option and the value
 */
export function checkNumber(
  name: string,
  value: unknown,
  isValid: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value === 'number' && isValid(value)) return;
  throw new RefineDetError(
    'INVALID_OPTION',
    `${name} must be a number ${expected}, not ${show(value)}`,
  );
}
