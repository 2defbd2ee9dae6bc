/** `refinedet convert`: foreign weights to a model file, or a model file to another type. */
import path from 'node:path';
import { modelBytes } from '../../detection/load-model.ts';
import { naming, RefineDetError } from '../../errors.ts';
import { foldBatchNorm } from '../../model/fold.ts';
import { initializeWeights } from '../../model/initialize.ts';
import type { Model } from '../../model/model.ts';
import { convertModel, type ImportOptions, importModel } from '../../weights/convert-weights.ts';
import type { Fit } from '../../weights/import.ts';
import { isModelFile, readModel, writeModel } from '../../weights/model-file.ts';
import { isUsageError } from '../describe-error.ts';
import { isUrl } from '../inputs.ts';
import { interruptSignal } from '../interrupt.ts';
import { modelLine } from '../model-line.ts';
import { classList } from '../options/class-list.ts';
import { requireAbsent, requireOther, writeWhole } from '../output-files.ts';
import { counted, printable } from '../printable.ts';
import { print } from '../terminal.ts';
import { calibrateOn } from './calibrate-on.ts';
import type { ConvertFlags } from './convert-options.ts';
import { fitThreshold } from './fit-threshold.ts';

/** @throws USAGE, FILE_*, FETCH_FAILED, MODEL_*, PICKLE_FORBIDDEN, UNKNOWN_PRESET, WEIGHTS_MISMATCH */
export async function runConvert(
  source: string,
  target: string,
  flags: ConvertFlags,
): Promise<void> {
  await requireOther(source, target);
  if (!flags.force) await requireAbsent([target]);
  const bytes = await modelBytes(source, interruptSignal());
  const { model: plain, notes } = await namingFile(source, () => read(bytes, source, flags));
  const { model, sentences } = await fitted(await calibrated(plain, flags), flags);
  const { dtype = 'f32' } = flags;
  const file = await writeModel(model, dtype);
  await writeWhole(target, file);
  const size = `${(file.length / 1e6).toFixed(1)} MB`;
  const lines = [...notes, ...sentences, modelLine(model), `wrote ${target}: ${dtype}, ${size}`];
  await print(lines.map((line) => `${printable(line)}\n`).join(''));
}

/** Adds or renews the calibration if the flags ask for it. */
async function calibrated(model: Model, flags: ConvertFlags): Promise<Model> {
  const { calibrate, calibrationImages } = flags;
  if (calibrate) return calibrateOn(model, calibrate, calibrationImages);
  if (calibrationImages === undefined) return model;
  throw new RefineDetError('USAGE', '--calibration-images needs --calibrate');
}

/** Moves the scores if the flags ask for it. */
async function fitted(model: Model, { fitThreshold: data }: ConvertFlags) {
  if (!data) return { model, sentences: [] };
  const found = await fitThreshold(model, data);
  const before = found.threshold.toFixed(2);
  return {
    model: found.model,
    sentences: [`the best threshold was ${before}; scores are shifted to make it 0.5`],
  };
}

interface Converted {
  model: Model;
  /** Sentences about the tensors of the file. */
  notes: string[];
}

async function read(bytes: Uint8Array, source: string, flags: ConvertFlags): Promise<Converted> {
  if (isModelFile(bytes)) return { model: await reread(bytes, source, flags), notes: [] };
  const options = await importOptions(source, flags);
  if (flags.init) return initialized(bytes, options);
  const model = convertModel(bytes, options);
  const { layout, importedFrom } = model.config.provenance ?? {};
  return { model, notes: [`read ${source}: layout ${layout}, ${importedFrom}`] };
}

/** Reads a model file, which describes itself. */
async function reread(bytes: Uint8Array, source: string, flags: ConvertFlags): Promise<Model> {
  for (const name of ['preset', 'classes', 'layout', 'init'] as const) {
    if (flags[name] === undefined) continue;
    throw new RefineDetError(
      'USAGE',
      `--${name} is for foreign weights; ${source} is a model file already`,
    );
  }
  const model = await readModel(bytes);
  const { inputSize: size } = flags;
  if (!size) return model;
  return {
    ...model,
    config: { ...model.config, inputWidth: size.width, inputHeight: size.height },
  };
}

async function importOptions(source: string, flags: ConvertFlags): Promise<ImportOptions> {
  const { preset, classes, layout, inputSize } = flags;
  if (preset === undefined || classes === undefined) {
    const missing = preset === undefined ? '--preset' : '--classes';
    throw new RefineDetError('USAGE', `${source} needs ${missing}: it does not describe itself`);
  }
  return {
    preset,
    classes: await classList(classes),
    layout,
    inputWidth: inputSize?.width,
    inputHeight: inputSize?.height,
    provenance: { file: isUrl(source) ? source : path.basename(source) },
  };
}

/** A model with the tensors that fit, and random ones for the rest. */
function initialized(bytes: Uint8Array, options: ImportOptions): Converted {
  const { config, graph, weights, layout, ...fit } = importModel(bytes, options);
  const fresh = initializeWeights(graph);
  const model: Model = {
    config: { ...config, provenance: { ...config.provenance, initialized: fit.missing } },
    ...foldBatchNorm(graph, new Map([...fresh, ...weights])),
  };
  const read = `read ${options.provenance?.['file']}: layout ${layout}, ${counted(weights.size, 'tensor')} mapped`;
  return { model, notes: [read, ...fitLines(fit)] };
}

function fitLines({ missing, mismatched, unexpected, ignored }: Fit): string[] {
  const shapes = mismatched.map(
    ({ name, shape, expected }) => `${name} is [${shape}] instead of [${expected}]`,
  );
  return [
    ...listed('missing, initialized at random', missing),
    ...listed('of a wrong shape, initialized at random', shapes),
    ...listed('unexpected, left out', unexpected),
    ...listed('not used by a detector, left out', ignored),
  ];
}

function listed(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${names.length} ${what}: ${names.join(', ')}`];
}

/** Adds the name of the file to errors about its content. */
async function namingFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isUsageError(cause) ? cause : naming(file, cause);
  }
}
