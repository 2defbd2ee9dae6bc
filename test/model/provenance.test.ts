import { describe, expect, it } from 'vitest';
import { dataName, trainedOn } from '../../src/model/provenance.ts';
import { randomModel } from '../helpers/model.ts';

const { config } = randomModel(64);

describe('the names of training data', () => {
  it('have no folders', () => {
    expect(dataName({ path: '/home/me/VOC2007/', split: 'train+val' })).toBe('VOC2007:train+val');
    expect(dataName({ path: 'C:\\data\\shop' })).toBe('shop');
  });
});

describe('whether a model was trained on a split', () => {
  const earlier = { data: ['VOC2007:trainval', 'shop'] };
  const trained = {
    ...config,
    provenance: { data: ['VOC2012:train+val'], fineTunedFrom: earlier },
  };
  const found = (path: string, split?: string) => trainedOn(trained, { path, split });

  it('is so for a split of the last stage or an earlier one', () => {
    expect(found('/elsewhere/VOC2012', 'val')).toBe('VOC2012:train+val');
    expect(found('VOC2012', 'test+train')).toBe('VOC2012:train+val');
    expect(found('VOC2007', 'trainval')).toBe('VOC2007:trainval');
  });

  it('is so when one side has named no split', () => {
    expect(found('shop', 'test')).toBe('shop');
    expect(found('VOC2012')).toBe('VOC2012:train+val');
  });

  it('is not so for other splits and folders', () => {
    expect(found('VOC2012', 'test')).toBeUndefined();
    expect(found('VOC2007', 'train')).toBeUndefined();
    expect(found('VOC', 'train')).toBeUndefined();
  });

  it.each([undefined, {}, { data: 'VOC2012:train' }, { data: [7], fineTunedFrom: [] }])(
    'is not known from %j',
    (provenance) => {
      expect(
        trainedOn({ ...config, provenance }, { path: 'VOC2012', split: 'train' }),
      ).toBeUndefined();
    },
  );
});
