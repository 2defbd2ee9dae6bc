/** Files of the package, from the source, from dist and from the bundles of Node alike. */
import { fileURLToPath } from 'node:url';

/**
 * Returns the path of a file or folder.
 * @param name relative to the folder of package.json
 */
export function packageFile(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}
