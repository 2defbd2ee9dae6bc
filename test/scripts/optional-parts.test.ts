import { afterEach, expect, it, vi } from 'vitest';
import { hasPart } from '../../support/optional-parts.ts';

afterEach(() => vi.restoreAllMocks());

it('a part that is there is tested, in CI or not', () => {
  expect(hasPart('firefox', undefined, {})).toBe(true);
  expect(hasPart('firefox', undefined, { CI: 'true', REFINEDET_WITHOUT: 'firefox' })).toBe(true);
});

it.each([
  {},
  { CI: '' },
  { CI: 'true', REFINEDET_WITHOUT: 'firefox' },
  { CI: 'true', REFINEDET_WITHOUT: 'webkit, firefox' },
])('the tests of a missing part are skipped, with the reason: %j', (env) => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  expect(hasPart('firefox', 'Firefox is not installed', env)).toBe(false);
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    'the tests of Firefox are skipped: Firefox is not installed (apt-get install firefox-esr)',
  );
});

it.each([
  { CI: 'true' },
  { CI: '1', REFINEDET_WITHOUT: '' },
  { CI: 'true', REFINEDET_WITHOUT: 'firefoxes,webkit' },
])('in CI they fail, and say what installs it: %j', (env) => {
  expect(() => hasPart('firefox', 'Firefox is not installed', env)).toThrow(
    'Firefox is not installed. Install it (apt-get install firefox-esr), or skip them with REFINEDET_WITHOUT=firefox',
  );
});
