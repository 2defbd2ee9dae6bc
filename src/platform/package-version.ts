/** The version of this package, in Node. */
import { createRequire } from 'node:module';

/** Returns the version of package.json. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}
