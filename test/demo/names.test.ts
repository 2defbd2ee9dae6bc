import { describe, expect, it } from 'vitest';
import { displayName, LANGUAGES } from '../../demo/src/names/names.ts';
import { COCO_CLASSES, VOC_CLASSES } from '../../src/labels.ts';

describe('displayed names of classes', () => {
  it.each(Object.entries(LANGUAGES))('has all classes of VOC and COCO in %s', (_, names) => {
    const labels = [...new Set([...COCO_CLASSES, ...VOC_CLASSES])];
    expect(Object.keys(names).toSorted()).toEqual(labels.toSorted());
  });

  it('replaces labels that are made for programs', () => {
    const name = (label: string) => displayName(label, ['en-US']);
    expect(['tvmonitor', 'diningtable', 'aeroplane', 'hair drier'].map(name)).toEqual([
      'TV',
      'Dining table',
      'Airplane',
      'Hair dryer',
    ]);
  });

  it('reads labels of other models as words', () => {
    expect(displayName('fire_truck', ['en'])).toBe('Fire truck');
    expect(displayName('constructor', ['en'])).toBe('Constructor');
    expect(displayName('éclair', ['fr'])).toBe('Éclair');
  });

  it('takes the first preferred language that has a name, then English', () => {
    const languages = { ...LANGUAGES, de: { cat: 'Katze' }, 'pt-BR': { cat: 'Gato' } };
    expect(displayName('cat', ['de-AT', 'en'], languages)).toBe('Katze');
    expect(displayName('cat', ['fr', 'pt-BR'], languages)).toBe('Gato');
    expect(displayName('tvmonitor', ['de'], languages)).toBe('TV');
  });
});
