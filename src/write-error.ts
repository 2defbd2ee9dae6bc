/** Explains in one sentence why a file could not be written. */
import { RefineDetError } from './errors.ts';

/** @param cause the file system's error */
export function writeError(file: string, cause: unknown): RefineDetError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? message;
  return new RefineDetError('FILE_WRITE', `${file} cannot be written: ${reason}`, { cause });
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EEXIST: 'a file is in the way of its folder',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in the way of its folder',
  EROFS: 'the file system is read-only',
};
