/** The models in the package, and how they differ. Each is the file `models/NAME.safetensors`. */
const PACKAGED = {
  default: 'finds the most',
  nano: 'a third of the size, faster, finds less',
};

/** A name of {@link MODELS}. */
export type ModelName = keyof typeof PACKAGED;

/** Names of the models in the package; each works wherever a model or initial weights are taken. */
export const MODELS = Object.keys(PACKAGED) as readonly ModelName[];

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

/** Half a sentence on how a model differs from the others. */
export function aboutModel(name: ModelName): string {
  return PACKAGED[name];
}
