/** The model that a run learns from besides the boxes of its data. */
import { RefineDetError } from '../../errors.ts';
import { foldBatchNorm } from '../../model/fold.ts';
import type { Model, ModelConfig } from '../../model/model.ts';
import { readModel } from '../../weights/model-file.ts';

/** What must be equal in both, because they read the same input and are compared anchor by anchor. */
const COMMON = ['classes', 'anchors', 'mean', 'std', 'channelOrder'] as const;

/**
 * Reads a teacher.
 * @param name its source, for messages
 * @param student description of the model that is trained
 * @throws INVALID_OPTION when the two models cannot be compared; MODEL_FORMAT, MODEL_CORRUPT
 */
export async function teacherModel(
  name: string,
  bytes: Uint8Array,
  student: ModelConfig,
): Promise<Model> {
  const { config, graph, weights } = await readModel(bytes);
  for (const part of COMMON) {
    const [own, wanted] = [config[part], student[part]].map((value) => JSON.stringify(value));
    if (own === wanted) continue;
    throw new RefineDetError(
      'INVALID_OPTION',
      `distill: ${name} cannot teach this run: its ${part} are ${own}, but the run has ${wanted}; choose a model with the same ${part}`,
    );
  }
  return { config, ...foldBatchNorm(graph, weights) };
}
