/** What a model file tells of the data that its weights come from: names, as users gave them. */
import { isRecord } from '../json.ts';
import { canonicalSplit } from './dataset-source.ts';

/** Data as a user names them: a folder or file, and its splits joined by +. */
interface NamedData {
  path: string;
  split?: string;
}

/** The last part of a path: model files travel, and whose folder a file was in is nobody's business. */
export function fileName(path: string): string {
  return path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/s, '');
}

/** How provenance names data: `VOC2007:trainval`. */
export function dataName({ path, split }: NamedData): string {
  const name = fileName(path);
  return split === undefined ? name : `${name}:${split}`;
}

/**
 * Whether a model was trained on data of this name with a split in common, according to its file: a
 * model looks better than it is on images that it knows. Data under another name are not recognized,
 * and other data under the same name are taken for these.
 */
export function isTrainedOn(provenance: unknown, data: NamedData): boolean {
  const [folder, splits] = [fileName(data.path), data.split && parts(data.split)];
  return trainingData(provenance).some((name) => {
    if (name === folder) return true;
    if (!name.startsWith(`${folder}:`)) return false;
    const used = parts(name.slice(folder.length + 1));
    return !splits || used.some((split) => splits.includes(split));
  });
}

/** The plain names of joined splits; `trainval` is also what it consists of. */
function parts(splits: string): string[] {
  return splits
    .split('+')
    .map((split) => canonicalSplit(split.replace(/^.*\//s, '')))
    .flatMap((split) => (split === 'trainval' ? [split, 'train', 'val'] : [split]));
}

/**
 * Names of the data of all stages and of their teachers. Provenance is free JSON: what is not as `train`
 * writes it does not count.
 */
export function trainingData(provenance: unknown): string[] {
  return stagesOf(provenance).flatMap(({ data, teacher }) => [
    ...textsIn(data),
    ...(isRecord(teacher) ? textsIn(teacher['data']) : []),
  ]);
}

/** What is known of every training of a model, the last one first. */
export function stagesOf(provenance: unknown): Record<string, unknown>[] {
  const stages: Record<string, unknown>[] = [];
  for (let stage = provenance; isRecord(stage); stage = stage['fineTunedFrom']) stages.push(stage);
  return stages;
}

function textsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
