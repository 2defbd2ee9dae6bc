/** A page that only detects stays small. */
import { expect, it } from 'vitest';
import { gzipSize, pageDownload } from '../../support/browser/page-download.ts';

/** Bytes after gzip, just above today's size. Raise a limit only for what pages need to detect. */
const LIMITS = { oneThread: 254_100, severalThreads: 271_000 };

it.each(Object.entries(LIMITS))('a page downloads few kilobytes, %s', async (threads, limit) => {
  const files = await pageDownload(threads as keyof typeof LIMITS);
  expect(files.length).toBeGreaterThan(2);
  const size = gzipSize(files);
  expect(size).toBeLessThan(limit);
  // A lower limit keeps the gate honest: an empty part would pass it.
  expect(size).toBeGreaterThan(0.8 * limit);
});
