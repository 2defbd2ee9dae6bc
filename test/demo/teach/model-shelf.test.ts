/** Models of earlier trainings: the latest and the best are kept. */
import { describe, expect, it } from 'vitest';
import { type ModelFolder, ModelShelf } from '../../../demo/src/teach/use/model-shelf.ts';

function folder(): { files: Map<string, Uint8Array>; folder: ModelFolder } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    folder: {
      read: async (name) => files.get(name),
      write: async (name, content) => {
        files.set(name, typeof content === 'string' ? new TextEncoder().encode(content) : content);
      },
      remove: async (name) => void files.delete(name),
    },
  };
}

describe('the shelf of models', () => {
  it('keeps the latest five and the best, also for the next visit', async () => {
    const { files, folder: kept } = folder();
    const shelf = new ModelShelf(kept);
    await shelf.load();
    expect(shelf.models).toEqual([]);
    for (const [i, score] of [0.4, 0.9, undefined, 0.1, 0.2, 0.3, 0.5].entries()) {
      await shelf.keep(new Blob([`model ${i}`]), { id: `r${i}`, score, classes: [], images: i });
    }
    const next = new ModelShelf(kept);
    await next.load();
    const ids = next.models.map(({ id }) => id);
    expect(ids).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1']);
    expect(await (await next.model('r1'))?.text()).toBe('model 1');
    expect([...files.keys()].sort()).toEqual(
      ['models.json', ...ids.map((id) => `${id}.safetensors`)].sort(),
    );
  });

  it('replaces an earlier state of the same run', async () => {
    const shelf = new ModelShelf(folder().folder);
    for (const score of [undefined, 0.5, 0.5]) {
      await shelf.keep(new Blob([`${score}`]), { id: 'a', score, classes: [], images: 1 });
    }
    expect(shelf.models).toMatchObject([{ id: 'a', score: 0.5 }]);
    expect(await (await shelf.model('a'))?.text()).toBe('0.5');
    expect(await shelf.model('b')).toBe(undefined);
  });

  it('starts anew after a damaged list', async () => {
    const { files, folder: kept } = folder();
    files.set('models.json', new TextEncoder().encode('[{"id"'));
    const shelf = new ModelShelf(kept);
    await shelf.load();
    expect(shelf.models).toEqual([]);
  });
});
