/** Where the images of an annotation file lie, decided by all its entries. */
import path from 'node:path';
import { confinedPath, isFolder } from './dataset-files.ts';
import { type FileFinder, listFolder } from './folders.ts';
import { findNamed, leadsAway, type NamedImage } from './named-images.ts';

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
export interface ImagePlace extends NamedImage {
  /** Another image that the name fits as well. */
  rival?: string;
}

/** Places of all images of one annotation file. */
export class ImagePlaces {
  readonly #folders: readonly string[];
  readonly #root: string | undefined;
  readonly #finder: FileFinder;
  readonly #isForeign: boolean;
  #others: Promise<string[]> | undefined;

  /**
   * @param sources.folders in the order of preference
   * @param sources.root its folders, and those in `images`, are tried too, none before the others;
   *   undefined: the user has named all folders, and none comes first
   * @param sources.isForeign whether names may lead away, as those of a tool on another machine do
   */
  constructor(sources: {
    folders: readonly string[];
    root?: string;
    finder: FileFinder;
    isForeign?: boolean;
  }) {
    this.#folders = sources.folders;
    this.#root = sources.root;
    this.#finder = sources.finder;
    this.#isForeign = sources.isForeign ?? false;
  }

  /**
   * Places of names, in their order. A name without a file gets the place where most others are.
   * @returns undefined for a name that leaves every folder
   */
  find(names: readonly string[]): Promise<(ImagePlace | undefined)[]> {
    return this.findFirst(names.map((name) => [name]));
  }

  /** As {@link find}, for images that may have one of several names. */
  async findFirst(images: readonly (readonly string[])[]): Promise<(ImagePlace | undefined)[]> {
    const found: (ImagePlace | undefined)[] = [];
    const counts = new Map<string, number>();
    for (const names of images) {
      let place: ImagePlace | undefined;
      for (const name of names) place ??= await this.#findOne(name);
      found.push(place);
      if (place) counts.set(place.folder, (counts.get(place.folder) ?? 0) + 1);
    }
    const usual = await this.#usualFolder(counts);
    return images.map(([name], i) => {
      if (found[i]) return found[i];
      const file = confinedPath(usual, name);
      return file === undefined ? undefined : { folder: usual, file };
    });
  }

  async #findOne(name: string): Promise<ImagePlace | undefined> {
    if (!this.#isForeign && leadsAway(name)) return undefined;
    const [place, rival] = await findNamed(this.#folders, name, this.#finder);
    if (place) return this.#root === undefined ? withRival(place, rival) : place;
    const [other, second] = await findNamed(await this.#otherFolders(), name, this.#finder);
    return other && withRival(other, second);
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

const withRival = (place: NamedImage, rival: NamedImage | undefined): ImagePlace =>
  rival ? { ...place, rival: rival.file } : place;

async function foldersIn(root: string): Promise<string[]> {
  const places = [root, path.join(root, 'images')];
  const all = await Promise.all(
    places.map(async (place) => (await listFolder(place)).map((name) => path.join(place, name))),
  );
  const flags = await Promise.all(all.flat().map(isFolder));
  return all.flat().filter((_, i) => flags[i]);
}
