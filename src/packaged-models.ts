/** Names of the models in the package; each works wherever a model or initial weights are taken. */
export const MODELS = ['default', 'nano'] as const;

/** A name of {@link MODELS}. */
export type ModelName = (typeof MODELS)[number];

/**
 * The presets of the models, and how they differ. Each is the file `models/NAME.safetensors`. Apart from the
 * names, so that pages that only load a model do not download it.
 */
const PACKAGED: Readonly<Record<ModelName, { preset: string; about: string }>> = {
  default: { preset: 'refinedet320-mobilenet', about: 'finds the most' },
  nano: {
    preset: 'refinedet192-nano',
    about: 'smaller and faster, finds less, mainly of small objects',
  },
};

/** The model that applies when none is given. */
export const DEFAULT_MODEL: ModelName = 'default';

/** Returns the name of the packaged model that a source means; undefined for any other source. */
export function packagedModel(source: unknown): ModelName | undefined {
  return source === undefined ? DEFAULT_MODEL : MODELS.find((name) => name === source);
}

/** Path of a model inside the package, and below the address of the demo page. */
export function modelFile(name: ModelName): string {
  return `models/${name}.safetensors`;
}

/** Returns the model of the package that a preset describes, if any. */
export function modelOfPreset(preset: string): ModelName | undefined {
  return MODELS.find((name) => PACKAGED[name].preset === preset);
}

/** Half a sentence on how a model differs from the others. */
export function aboutModel(name: ModelName): string {
  return PACKAGED[name].about;
}
