/** All stores behind one: the scheme of a URI decides. */
import { fileURLToPath } from 'node:url';
import { RefineDetError } from '../../errors.ts';
import { withoutPassword } from '../../without-password.ts';
import { FolderStore } from './folder-store.ts';
import { HttpStore } from './http-store.ts';
import type { S3Store } from './s3-store.ts';
import type { Content, ReadOptions, Store, StoredFile, WriteOptions } from './store.ts';

/** How files are read and written. */
export interface StorageOptions {
  /** Milliseconds of a request with its body. Default 30,000. */
  timeout?: number;
  /** Default: the environment of the process. */
  env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_TIMEOUT = 30_000;

/** Whether a URI leads over the network. */
export const isRemote = (uri: string): boolean => /^(https?|s3):\/\//i.test(uri);
export const isS3 = (uri: string): boolean => /^s3:\/\//i.test(uri);

export class Storage implements Store {
  readonly #folders = new FolderStore();
  readonly #http: HttpStore;
  readonly #options: Required<StorageOptions>;
  #s3: Promise<S3Store> | undefined;

  constructor({ timeout = DEFAULT_TIMEOUT, env = process.env }: StorageOptions = {}) {
    this.#options = { timeout, env };
    this.#http = new HttpStore({ timeout });
  }

  async find(uri: string, options?: ReadOptions): Promise<Uint8Array | undefined> {
    return (await this.#storeOf(uri)).find(nameOf(uri), options);
  }

  /** @throws FILE_NOT_FOUND, FETCH_FAILED, also when the file does not exist */
  async read(uri: string, options?: ReadOptions): Promise<Uint8Array> {
    const bytes = await this.find(uri, options);
    if (bytes) return bytes;
    const code = isRemote(uri) ? 'FETCH_FAILED' : 'FILE_NOT_FOUND';
    throw new RefineDetError(code, `cannot read ${withoutPassword(uri)}: it does not exist`);
  }

  async *stream(uri: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* (await this.#storeOf(uri)).stream(nameOf(uri), signal);
  }

  async write(uri: string, content: Content, options?: WriteOptions): Promise<void> {
    await (await this.#storeOf(uri)).write(nameOf(uri), content, options);
  }

  async stat(uri: string, signal?: AbortSignal): Promise<StoredFile | undefined> {
    const found = await (await this.#storeOf(uri)).stat(nameOf(uri), signal);
    return found && { ...found, uri };
  }

  async remove(uri: string): Promise<void> {
    await (await this.#storeOf(uri)).remove(nameOf(uri));
  }

  /** Loaded when the first s3:// URI comes. @throws USAGE without credentials */
  s3(): Promise<S3Store> {
    const { env, timeout } = this.#options;
    this.#s3 ??= import('./s3-store.ts').then((module) => new module.S3Store(env, timeout));
    return this.#s3;
  }

  async #storeOf(uri: string): Promise<Store> {
    if (isS3(uri)) return this.s3();
    return isRemote(uri) ? this.#http : this.#folders;
  }
}

function nameOf(uri: string): string {
  return /^file:\/\//i.test(uri) ? fileURLToPath(uri) : uri;
}
