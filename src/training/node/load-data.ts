/** Reads the datasets of a configuration from disk. */
import { joinDatasets } from '../../datasets/dataset-classes.ts';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { chooseClasses, loadDataset } from '../../datasets/load-dataset.ts';
import type { DataPart, TrainConfig } from '../config/train-config.ts';
import type { TrainingData } from '../data/training-set.ts';

/**
 * Joins the training datasets by class name, and the validation datasets; renames and
 * selects classes by the configuration.
 * @throws FILE_NOT_FOUND, DATASET_FORMAT, DATASET_EMPTY, INVALID_OPTION, UNKNOWN_CLASS
 */
export async function loadTrainingData(config: TrainConfig): Promise<TrainingData> {
  const train = await loadParts(config.data, config, config.classes);
  if (config.validation.length === 0) return { train };
  return { train, validation: await loadParts(config.validation, config, train.classes) };
}

async function loadParts(
  parts: readonly DataPart[],
  { classMap }: TrainConfig,
  classes: readonly string[] | null,
): Promise<Dataset> {
  const loaded: Dataset[] = [];
  for (const { path, ...options } of parts) loaded.push(await loadDataset(path, options));
  const joined = joinDatasets(loaded);
  // A renamed class may exist in only one of the datasets.
  const map = Object.fromEntries(
    Object.entries(classMap).filter(([name]) => joined.classes.includes(name)),
  );
  return chooseClasses(joined, { map, classes: classes ?? undefined });
}
