import { describe, expect, it } from 'vitest';
import { dataName, isTrainedOn } from '../../src/datasets/provenance.ts';

describe('the names of training data', () => {
  it('have no folders', () => {
    expect(dataName({ path: '/home/me/VOC2007/', split: 'train+val' })).toBe('VOC2007:train+val');
    expect(dataName({ path: 'C:\\data\\shop' })).toBe('shop');
  });
});

describe('whether a model was trained on a split', () => {
  const earlier = { data: ['VOC2007:trainval', 'shop', 'coco:train2017'] };
  const provenance = { data: ['VOC2012:train+val'], fineTunedFrom: earlier };
  const found = (path: string, split?: string) => isTrainedOn(provenance, { path, split });

  it.each([
    ['/elsewhere/VOC2012', 'val'],
    ['VOC2012', 'test+train'],
    ['VOC2012', 'validation'],
    ['VOC2012', 'trainval'],
    ['VOC2007', 'trainval'],
    ['VOC2007', 'train'],
    ['coco', 'train'],
  ])('is so for %s, split %s, of the last stage or an earlier one', (path, split) => {
    expect(found(path, split)).toBe(true);
  });

  it('is so when one side has named no split', () => {
    expect(found('shop', 'test')).toBe(true);
    expect(found('VOC2012')).toBe(true);
  });

  it('is not so for other splits and folders', () => {
    expect(found('VOC2012', 'test')).toBe(false);
    expect(found('coco', 'val2017')).toBe(false);
    expect(found('VOC', 'train')).toBe(false);
  });

  it.each([undefined, 7, {}, { data: 'VOC2012:train' }, { data: [7], fineTunedFrom: [] }])(
    'is not known from %j',
    (strange) => expect(isTrainedOn(strange, { path: 'VOC2012', split: 'train' })).toBe(false),
  );

  it('takes any number of names', () => {
    const data = Array.from({ length: 300_000 }, () => 'x');
    expect(isTrainedOn({ data }, { path: 'x' })).toBe(true);
  });
});
