/** Names of the models in the package; each works wherever a model or initial weights are taken. */
export const MODELS = ['default'] as const;

/** A name of {@link MODELS}. */
export type ModelName = (typeof MODELS)[number];

/** The model that applies when none is given. */
export const DEFAULT_MODEL: ModelName = 'default';

/** Returns the name of the packaged model that a source means; undefined for any other source. */
export function packagedModel(source: unknown): ModelName | undefined {
  return source === undefined ? DEFAULT_MODEL : MODELS.find((name) => name === source);
}
