import { describe, expect, it } from 'vitest';
import {
  type Dataset,
  type DatasetImage,
  joinDatasets,
  mapClasses,
  selectClasses,
} from '../../src/datasets/index.ts';

/** One image `id` per list of class ids. */
function dataset(
  classes: string[],
  images: Record<string, number[]>,
  more: Partial<Dataset> = {},
): Dataset {
  return {
    name: 'set',
    root: '/set',
    format: 'voc',
    split: 'train',
    classes,
    warnings: [],
    images: Object.entries(images).map(([id, classIds]) => ({
      id,
      fileName: `${id}.png`,
      path: `/set/${more.name ?? ''}/${id}.png`,
      annotationPath: `/set/${id}.xml`,
      boxes: classIds.map((classId) => ({
        classId,
        box: { x: 0, y: 0, width: 1, height: 1 },
        difficult: false,
        crowd: false,
      })),
    })),
    ...more,
  };
}

const classIds = ({ boxes }: DatasetImage) => boxes.map(({ classId }) => classId);

describe('selecting classes', () => {
  const set = dataset(
    ['cat', 'cow', 'dog'],
    { a: [0, 1, 2], b: [1] },
    { categoryIds: [17, 21, 18] },
  );

  it('keeps them in the given order, and images without any as background', () => {
    const { classes, images, categoryIds } = selectClasses(set, ['dog', 'cat']);
    expect(classes).toEqual(['dog', 'cat']);
    expect(categoryIds).toEqual([18, 17]);
    expect(images.map(classIds)).toEqual([[1, 0], []]);
  });

  it('does not change the original', () => {
    const before = structuredClone(set);
    selectClasses(set, ['dog']);
    mapClasses(set, { dog: 'cat' });
    expect(set).toEqual(before);
  });

  it('refuses unknown and repeated names', () => {
    expect(() => selectClasses(set, ['dogg'])).toThrow(
      'unknown class "dogg" (did you mean "dog"?)',
    );
    expect(() => selectClasses(set, ['dog', 'dog'])).toThrow('"dog" is selected twice');
  });
});

describe('renaming classes', () => {
  it('changes names and merges classes of one name', () => {
    const set = dataset(['cat', 'cow', 'dog'], { a: [0, 1, 2] }, { categoryIds: [17, 21, 18] });
    expect(mapClasses(set, { dog: 'hound' }).classes).toEqual(['cat', 'cow', 'hound']);
    const pets = mapClasses(
      set,
      new Map([
        ['cat', 'pet'],
        ['dog', 'pet'],
      ]),
    );
    expect(pets.classes).toEqual(['pet', 'cow']);
    expect(pets.categoryIds).toEqual([17, 21]);
    expect(pets.images.map(classIds)).toEqual([[0, 1, 0]]);
    expect(() => mapClasses(set, { mouse: 'rat' })).toThrow('unknown class "mouse"; there are ');
  });

  it('accepts names of object properties', () => {
    const set = dataset(['__proto__', 'constructor'], { a: [0, 1] });
    const renamed = mapClasses(set, new Map([['__proto__', 'cat']]));
    expect(renamed.classes).toEqual(['cat', 'constructor']);
  });
});

describe('joining datasets', () => {
  it('matches classes by name', () => {
    const one = dataset(['cat', 'dog'], { a: [0, 1] }, { name: 'one' });
    const two = dataset(['dog', 'cow'], { b: [0, 1] }, { name: 'two', split: 'val' });
    const joined = joinDatasets([one, two]);
    expect(joined).toMatchObject({
      name: 'one+two',
      split: 'train+val',
      classes: ['cat', 'dog', 'cow'],
    });
    expect(joined.images.map(classIds)).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('keeps category ids only when all agree', () => {
    const categoryIds = [17, 18];
    const one = dataset(['cat', 'dog'], { a: [] }, { name: 'one', categoryIds });
    const same = dataset(['cat', 'dog'], { b: [] }, { name: 'two', categoryIds });
    const other = dataset(['dog', 'cat'], { b: [] }, { name: 'two', categoryIds });
    expect(joinDatasets([one, same]).categoryIds).toEqual([17, 18]);
    expect(joinDatasets([one, other])).not.toHaveProperty('categoryIds');
    expect(joinDatasets([one, other]).classes).toEqual(['cat', 'dog']);
  });

  it('keeps image ids apart', () => {
    const one = dataset(['cat'], { a: [], b: [] }, { name: 'one' });
    const two = dataset(['cat'], { b: [], c: [] }, { name: 'two' });
    const ids = joinDatasets([one, two]).images.map(({ id }) => id);
    expect(ids).toEqual(['1/a', '1/b', '2/b', '2/c']);
  });

  it('refuses a shared image and an empty list', () => {
    const one = dataset(['cat'], { a: [] });
    expect(() => joinDatasets([one, one])).toThrow('two parts to join share');
    expect(() => joinDatasets([])).toThrow('the list of datasets is empty');
    expect(joinDatasets([one])).toBe(one);
  });
});
