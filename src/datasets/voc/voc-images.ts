/** Finding the image of a PASCAL VOC annotation. */
import path from 'node:path';
import { isImageName } from '../../image/image-names.ts';
import type { Place, Report } from '../check/findings.ts';
import type { FileFinder } from '../folders.ts';
import { findNamed } from '../named-images.ts';

/**
 * Path of the image of an annotation: the one of the same name, else the one that `<filename>` names,
 * which is often stale. It need not exist.
 * @param isAnnotated whether another annotation has this name
 */
export async function findVocImage(
  { folder, finder }: { folder: string; finder: FileFinder },
  id: string,
  filename: string | undefined,
  isAnnotated: (stem: string) => boolean,
  { report, place }: { report: Report; place: Place },
): Promise<string> {
  const own = await finder.findStem(folder, id);
  const isOwnName =
    filename !== undefined && own.length === 1 && filename === path.basename(own[0]);
  if (isOwnName || (own.length === 1 && !filename)) return own[0];
  const stated = filename ? (await findNamed([folder], filename, finder))[0]?.file : undefined;
  const rival = own.find((file) => file !== (stated ?? own[0]));
  if (own.length > 1 && !(stated && own.includes(stated))) {
    report('ambiguous-name', both(`"${id}"`, own[0], rival!), place);
  } else if (
    own.length === 1 &&
    stated &&
    stated !== own[0] &&
    !isAnnotated(stemIn(folder, stated))
  ) {
    report('ambiguous-name', both(`"${id}"`, own[0], stated), place);
  }
  if (own.length > 0) return stated && own.includes(stated) ? stated : own[0];
  return stated ?? path.join(folder, missingName(id, filename));
}

const both = (name: string, a: string, b: string): string =>
  `${name} may be ${path.basename(a)} or ${path.basename(b)}`;

function stemIn(folder: string, file: string): string {
  const relative = path.relative(folder, file).replaceAll(path.sep, '/');
  return relative.replace(/\.[^./]*$/, '');
}

/** What a message calls an image that is not there. */
function missingName(id: string, filename = ''): string {
  return isImageName(filename) && filename.startsWith(`${id}.`) ? filename : `${id}.jpg`;
}
