/** Lines of a stream are the lines of the text, wherever its pieces end. */
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from '../../src/datasets/read-lines.ts';
import { splitLines } from '../../src/datasets/split-lines.ts';
import { folderWith } from './tree.ts';

it('lines of a file in pieces are those of its text', async () => {
  const pad = fc.constantFrom('', 'é'.repeat(32_767), 'x'.repeat(65_535), 'y'.repeat(65_536));
  const line = fc.record({ pad, end: fc.constantFrom('\n', '\r\n', '\r') });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
      const text = lines.map(({ pad: content, end }) => content + end).join('');
      const file = path.join(folderWith({ 'a.csv': text }), 'a.csv');
      const found: string[] = [];
      for await (const piece of readLines(file)) found.push(...piece);
      expect(found).toEqual(splitLines(text));
    }),
    { numRuns: 30 },
  );
});
