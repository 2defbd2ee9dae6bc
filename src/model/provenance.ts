/** What a model file tells of the pictures that its weights come from. */
import type { ModelConfig } from './model.ts';

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
  return [fileName(path), split ?? []].flat().join(':');
}

/**
 * The part of a model's training data, of all stages, that has the same name and a common split, as
 * far as the file tells; undefined for none. On those pictures a model looks better than it is.
 */
export function trainedOn({ provenance }: ModelConfig, data: NamedData): string | undefined {
  return trainingData(provenance).find((name) => {
    const [folder, splits] = name.split(/:(?=[^:]*$)/);
    const isKnown = splits !== undefined && data.split !== undefined;
    const used = splits?.split('+');
    return (
      folder === fileName(data.path) &&
      (!isKnown || data.split!.split('+').some((part) => used!.includes(part)))
    );
  });
}

/** Of the last stage first. Provenance is free JSON: what is not as `train` writes it does not count. */
function trainingData(provenance: unknown): string[] {
  const names: string[] = [];
  for (let stage = provenance; isObject(stage); stage = stage['fineTunedFrom']) {
    const { data } = stage;
    if (Array.isArray(data)) names.push(...data.filter((name) => typeof name === 'string'));
  }
  return names;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
