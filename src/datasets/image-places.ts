/** Where the images of an annotation file lie, decided by all its entries. */
import path from 'node:path';
import { confinedPath, isFolder, isInside, relativeName } from './dataset-files.ts';
import { type FileFinder, listFolder } from './folders.ts';
import {
  extendsOne,
  findReading,
  isFolderHere,
  type NamedImage,
  nameParts,
  nameReadings,
} from './named-images.ts';

/** Where images of a split usually are, most likely first. */
export function usualFolders(root: string, split: string, near: string): string[] {
  return [
    path.join(root, split),
    path.join(root, 'images', split),
    near,
    path.join(root, 'images'),
    root,
    path.join(near, 'images'),
  ];
}

/** Where one entry's image is. */
export interface ImagePlace extends Omit<NamedImage, 'foreign'> {
  /** Another image that the name fits as well. */
  rival?: string;
}

/** A place with what of the name was used to find it. */
interface Found extends ImagePlace {
  foreign: string;
  /** Whether folders of the name agree. */
  isPath: boolean;
  /** Whether it lies in a folder that neither the name nor the layout says. */
  isGuess: boolean;
}

/** Places of all images of one annotation file. */
export class ImagePlaces {
  readonly #folders: readonly string[];
  readonly #root: string | undefined;
  readonly #finder: FileFinder;
  readonly #isForeign: boolean;
  readonly #near: string | undefined;
  #others: Promise<string[]> | undefined;

  /**
   * @param sources.folders in the order of preference
   * @param sources.root its folders, and those in `images`, are tried too, none before the others;
   *   undefined: the user has named all folders, and none comes first
   * @param sources.near folder of the annotation file, from where names may lead up inside the root
   * @param sources.isForeign whether a name that leads away is that of an image which is not here, as a
   *   tool on another machine has it
   */
  constructor(sources: {
    folders: readonly string[];
    root?: string;
    finder: FileFinder;
    near?: string;
    isForeign?: boolean;
  }) {
    this.#folders = sources.folders;
    this.#root = sources.root;
    this.#finder = sources.finder;
    this.#isForeign = sources.isForeign ?? false;
    this.#near = sources.near;
  }

  /**
   * Places of names, in their order. A name without a file gets the place where most others are: a
   * folder that some names prove to be here is never left out of others.
   * @returns undefined for a name that leaves every folder
   */
  find(names: readonly string[]): Promise<(ImagePlace | undefined)[]> {
    return this.findFirst(names.map((name) => [name]));
  }

  /** As {@link find}, for images that may have one of several names. */
  async findFirst(images: readonly (readonly string[])[]): Promise<(ImagePlace | undefined)[]> {
    const found: (Found | undefined)[] = [];
    for (const names of images) {
      let place: Found | undefined;
      for (const isWhole of [true, false]) {
        for (const name of names) place ??= await this.#findOne(name, isWhole);
      }
      found.push(place);
    }
    const proven = new Set(found.flatMap((place) => (place?.isPath ? [place.foreign] : [])));
    const possible = found.map((place) =>
      place && !extendsOne(place.foreign, proven) ? place : undefined,
    );
    const owners = ownersOf(images, possible);
    const kept = possible.map((place, i) =>
      place && owners.get(place.file) === nameKey(images[i]) ? place : undefined,
    );
    const counts = new Map<string, number>();
    for (const place of kept) {
      if (place) counts.set(place.folder, (counts.get(place.folder) ?? 0) + 1);
    }
    const usual = await this.#usualFolder(counts);
    return images.map(([name], i) => {
      const place = kept[i];
      if (place) return place;
      const file = confinedPath(usual, name);
      // The name is of another machine, and its image is not here.
      if (file === undefined && this.#isForeign) return missingPlace(usual, name);
      return file === undefined ? undefined : { folder: usual, file };
    });
  }

  /** @param isWhole whether no folder of the name may be left out */
  async #findOne(name: string, isWhole: boolean): Promise<Found | undefined> {
    const up = await this.#findUp(name);
    if (up) return { ...up, isPath: true, isGuess: false };
    const readings = nameReadings(name);
    for (const { rest, foreign } of isWhole ? readings.slice(0, 1) : readings) {
      const isPath = rest.includes('/');
      const find = (folders: readonly string[]) =>
        findReading(folders, rest, foreign, this.#finder);
      const [place, rival] = await find(this.#folders);
      // The usual folders have an order, but not for names that are not of this disk.
      const isSure = this.#root !== undefined && (rest === readings[0].rest || isPath);
      if (place) return { ...(isSure ? place : withRival(place, rival)), isPath, isGuess: false };
      const others = await this.#otherFolders();
      const [other, second] = await find(others);
      if (other) return { ...withRival(other, second), isPath, isGuess: !isPath };
      if (await isFolderHere([...this.#folders, ...others], rest, this.#finder)) return undefined;
    }
    return undefined;
  }

  /** The image of a name such as `../images/a.jpg` that leads from its file to a folder of the root. */
  async #findUp(name: string): Promise<NamedImage | undefined> {
    const [root, near] = [this.#root, this.#near];
    if (root === undefined || near === undefined || !/^\.\.[/\\]/.test(name)) return undefined;
    const file = path.resolve(near, name.replaceAll('\\', '/'));
    if (!isInside(root, file)) return undefined;
    return (await findReading([root], relativeName(root, file), '', this.#finder))[0];
  }

  #otherFolders(): Promise<string[]> {
    this.#others ??= this.#root === undefined ? Promise.resolve([]) : foldersIn(this.#root);
    return this.#others;
  }

  async #usualFolder(counts: ReadonlyMap<string, number>): Promise<string> {
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    if (most) return most[0];
    for (const folder of this.#folders) if (await isFolder(folder)) return folder;
    return this.#folders[0];
  }
}

const withRival = <T extends NamedImage>(place: T, rival: NamedImage | undefined): T =>
  rival ? { ...place, rival: rival.file } : place;

const nameKey = ([name]: readonly string[]): string => nameParts(name).join('/').normalize();

/** The name that each file belongs to: two names of one file are one image and another that is gone. */
function ownersOf(
  images: readonly (readonly string[])[],
  found: readonly (Found | undefined)[],
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const isClear of [
    (place: Found) => !place.isGuess && place.foreign === '',
    (place: Found) => !place.isGuess,
    () => true,
  ]) {
    for (const [i, place] of found.entries()) {
      if (place && isClear(place) && !owners.has(place.file)) {
        owners.set(place.file, nameKey(images[i]));
      }
    }
  }
  return owners;
}

/** Where an image would be whose name is of another machine. */
function missingPlace(folder: string, name: string): ImagePlace | undefined {
  const parts = nameParts(name);
  return parts.length === 0 ? undefined : { folder, file: path.join(folder, ...parts) };
}

async function foldersIn(root: string): Promise<string[]> {
  const places = [root, path.join(root, 'images')];
  const all = await Promise.all(
    places.map(async (place) => (await listFolder(place)).map((name) => path.join(place, name))),
  );
  const flags = await Promise.all(all.flat().map(isFolder));
  return all.flat().filter((_, i) => flags[i]);
}
