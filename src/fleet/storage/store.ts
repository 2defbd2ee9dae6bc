/** What a place for inputs, manifests and results can do: a folder, an HTTP server, an S3-compatible store. */

/** A file in a store, with what tells its versions apart. */
export interface StoredFile {
  uri: string;
  /** Bytes. */
  size?: number;
  /** Changes with the content; of HTTP and S3. */
  etag?: string;
  /** Milliseconds since 1970; of files. */
  mtime?: number;
}

/** Part of a file to read: from `start` up to, but without, `end`. */
export interface ReadOptions {
  signal?: AbortSignal;
  start?: number;
  end?: number;
}

/** Content to write; pieces may be many, but stores other than folders collect them. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/** Files by URI. A failure that may pass is a {@link PassingError}, after some attempts. */
export interface Store {
  /**
   * @returns undefined when the file does not exist
   * @throws FILE_NOT_FOUND, FETCH_FAILED
   */
  find(uri: string, options?: ReadOptions): Promise<Uint8Array | undefined>;
  /** Reads a file that is larger than the memory, in pieces. */
  stream(uri: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Writes a whole file that appears at once or not at all.
   * @throws FILE_WRITE
   */
  write(uri: string, content: Content, options?: WriteOptions): Promise<void>;
  /** @returns undefined when the file does not exist */
  stat(uri: string, signal?: AbortSignal): Promise<StoredFile | undefined>;
  /** Removes a file, which may be absent. */
  remove(uri: string): Promise<void>;
}

export interface WriteOptions {
  signal?: AbortSignal;
  /**
   * Keep an existing file: HTTP and S3 then refuse the request. Files are replaced, which takes nothing
   * from a reader.
   */
  ifAbsent?: boolean;
  /** The content is short and may be lost: a folder then needs no temporary file. */
  isNote?: boolean;
}

/** The URI of a file in the folder of another one. */
export function besides(uri: string, name: string): string {
  const [path, query] = partsOf(uri);
  return path.slice(0, path.search(/[^/\\]*$/)) + name + query;
}

/** The URI of a file below a folder. */
export function below(folder: string, name: string): string {
  const [path, query] = partsOf(folder);
  return `${path.replace(/[/\\]+$/, '')}/${name}${query}`;
}

/** A URL may have a query, such as a key that opens a whole folder. */
function partsOf(uri: string): [path: string, query: string] {
  const [, path = uri, query = ''] = /^(https?:[^?#]*)(.*)$/is.exec(uri) ?? [];
  return [path, query];
}
