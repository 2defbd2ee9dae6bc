/**
 * The one error class of the package. Every message is a single sentence with the offending
 * value; `code` is stable across releases and is what programs should test.
 */

/** Every error code with its meaning. Codes are part of the public API: never renamed or reused. */
export const ERROR_CODES = {
  INVALID_OPTION: 'an option has an unknown name, a wrong type or a value out of range',
  INVALID_ARGUMENT: 'an argument of a function has a wrong type or shape',
  UNKNOWN_PRESET: 'a preset name is unknown',
  UNKNOWN_CLASS: 'a class name or id is not in the model or dataset',
  NO_DEFAULT_MODEL: 'the package lacks its default model, or the model that was named',
  DISPOSED: 'the detector was used after dispose()',
  ABORTED: 'the operation was canceled through its AbortSignal',
  FILE_NOT_FOUND: 'a file or folder does not exist or cannot be read',
  FILE_WRITE: 'a file could not be written; no partial file remains',
  FETCH_FAILED:
    'a URL could not be fetched or answered with an error status or a wrong content type',
  IMAGE_EMPTY: 'the image has no bytes or no pixels',
  IMAGE_FORMAT: 'the bytes are not a JPEG, PNG or WebP image',
  IMAGE_CORRUPT: 'the image is truncated or damaged',
  IMAGE_TOO_LARGE: 'the image header announces more pixels than allowed',
  IMAGE_PROTECTED: "the browser does not allow reading the pixels of another site's image",
  VIDEO_FORMAT: 'ffmpeg cannot read the source as a video, or it is a playlist of other files',
  VIDEO_CORRUPT: 'a video is truncated or damaged',
  VIDEO_SIZE: 'the frames of a video have no pixels, too many pixels, or change their size',
  VIDEO_STALLED: 'a camera or a stream sends no frames',
  VIDEO_LOST: 'a video source cannot be opened, or was lost and did not come back',
  MODEL_EMPTY: 'the model file has no bytes',
  MODEL_FORMAT: 'the model file has an unknown format',
  MODEL_CORRUPT: 'the model file is truncated or damaged',
  MODEL_METADATA: 'the model file lacks the metadata that describes it',
  MODEL_CHECKSUM: 'the tensors of the model file do not match its checksum',
  MODEL_TOO_LARGE: 'the model is too large for the file format',
  PICKLE_FORBIDDEN: 'a pickle refers to a type that a state_dict does not need',
  WEIGHTS_MISMATCH: 'tensors are missing, unexpected or have a wrong shape',
  ADDRESS_UNAVAILABLE: 'a server cannot listen at the given address and port',
  BACKEND_UNAVAILABLE: 'the compute backend could not be started',
  WORKER_CRASHED: 'a worker has crashed',
  OUT_OF_MEMORY: 'memory or address space has run out, no matter what the input is',
  DATASET_FORMAT: 'a dataset or annotation file is malformed',
  DATASET_EMPTY: 'a dataset or split has no images',
  TRAINING_DIVERGED: 'the loss or its gradient is no longer finite',
  CHECKPOINT_MISMATCH: 'a checkpoint is damaged or belongs to another run',
  PREDICTIONS_FORMAT: 'a predictions file is malformed or does not fit the dataset',
  MANIFEST_FORMAT: 'a manifest, a list of inputs or a file of trainings is malformed',
  INPUT_CHANGED: 'an input has another size than when it was planned',
  FLEET_MISMATCH: 'a worker has another version, model or engine than the run',
  SHARDS_FAILED: 'shards of a run failed, or are missing or damaged',
  QUEUE_UNAVAILABLE: 'the queue cannot be reached',
  MISSING_DEPENDENCY: 'an optional dependency that this feature needs is not installed',
  REQUEST_INVALID: 'a request to the server is malformed or has an unknown option',
  REQUEST_TOO_LARGE: 'a request to the server has too many bytes, parts or images',
  UNAUTHORIZED: 'a request to the server lacks a token that it accepts',
  FORBIDDEN: 'the server does not do this for its clients',
  NOT_FOUND: 'the server has no such address',
  METHOD_NOT_ALLOWED: 'the address exists, but not with this HTTP method',
  OVERLOADED: 'the server is busy: try again after the seconds of Retry-After',
  TIMEOUT: 'the work took longer than allowed',
  USAGE: 'the command line is wrong',
  UNEXPECTED: 'an internal error: please report it',
} as const;

/** A key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The error of this package: a stable code and one sentence with the offending value. */
export class RefineDetError extends Error {
  override readonly name = 'RefineDetError';
  readonly code: ErrorCode;
  /** The full list where the message only gives a count, such as all missing tensors; often empty. */
  readonly details: readonly string[];

  /**
   * @param code stable identifier, one of {@link ERROR_CODES}
   * @param message one sentence with the offending value
   * @param options `cause`: the lower-level error; `details`: the field of that name
   */
  constructor(
    code: ErrorCode,
    message: string,
    { details = [], ...options }: { cause?: unknown; details?: readonly string[] } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** Adds the name of the file to an error of this package; other errors stay unchanged. */
export function naming(name: string, cause: unknown): unknown {
  if (!(cause instanceof RefineDetError)) return cause;
  const { code, message, details } = cause;
  return new RefineDetError(code, `${name}: ${message}`, { cause, details });
}

/** Throws `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

export function abortError({ reason }: AbortSignal): RefineDetError {
  return new RefineDetError('ABORTED', 'the operation was aborted', { cause: reason });
}

/** Longest word to compare: longer ones are not typos, and the cost is the product of the lengths. */
const LONGEST_GUESSED = 100;

/**
 * ` (did you mean "x"?)` for the closest candidate within two edits, else an empty string.
 * @param word a foreign value of any type
 */
export function didYouMean(word: unknown, candidates: Iterable<string>): string {
  if (typeof word !== 'string' || word.length > LONGEST_GUESSED) return '';
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** Largest number of list items in a message. */
export const MOST_LISTED = 8;

/** Joins a list as `a, b, c`; shortens a list of more than `most`. */
export function listed(items: readonly string[], most = MOST_LISTED): string {
  const more = items.length - most;
  return items.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Levenshtein distance, computed one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, substitute));
    }
    row = next;
  }
  return row[b.length];
}

/** @param feature name of the feature that needs the optional dependency */
export function missingDependency(feature: string, name: string, cause: unknown): RefineDetError {
  const message = `${feature} needs the package ${name}: npm install ${name}`;
  return new RefineDetError('MISSING_DEPENDENCY', message, { cause });
}
