/** Hands a file to the user. */
import { element } from '../../dom.ts';

export function saveFile(blob: Blob, download: string): void {
  const href = URL.createObjectURL(blob);
  element('a', { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
