/** `refinedet info`: describes a model file or a preset without running it. */
import { ANCHOR_DEFAULTS } from '../../anchors.ts';
import { entryKind } from '../../datasets/dataset-files.ts';
import type { Size } from '../../detection/views.ts';
import { didYouMean, RefineDetError } from '../../errors.ts';
import type { ModelConfig } from '../../model/model.ts';
import { PRESETS, presetByName, presetGraph } from '../../model/presets.ts';
import { MODELS, packagedModel } from '../../packaged-models.ts';
import { isUrl } from '../inputs.ts';
import { loadNamedModel } from '../model-source.ts';
import { classList } from '../options/class-list.ts';
import { colorsFor, print } from '../terminal.ts';
import type { InfoFlags } from './info-options.ts';
import { modelsText, modelText, presetsText } from './info-text.ts';
import { type Described, type ListedInfo, modelInfo } from './model-info.ts';

/** @throws FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, UNKNOWN_PRESET, USAGE */
export async function runInfo(name: string | undefined, flags: InfoFlags): Promise<void> {
  const { layers, json } = flags;
  if (name === undefined) return listAll(flags);
  const described = await describe(name, flags);
  const config = withSize(described.config, flags.inputSize);
  const info = modelInfo(name, { ...described, config });
  if (json) {
    const { layers: all, ...rest } = info;
    return print(`${JSON.stringify(layers ? info : rest, null, 2)}\n`);
  }
  await print(modelText(info, layers, colorsFor(process.stdout)));
}

async function describe(name: string, flags: InfoFlags): Promise<Described> {
  if (packagedModel(name)) return loadNamedModel(name);
  const isFile = isUrl(name) || (await entryKind(name)) !== 'missing';
  if (!isFile && !/[./\\]/.test(name)) {
    requireName(name);
    return presetModel(name, flags.classes ?? 'voc');
  }
  if (flags.classes === undefined) return loadNamedModel(name);
  throw new RefineDetError('USAGE', `--classes is for presets; the model file ${name} has its own`);
}

/** @throws UNKNOWN_PRESET for a name that is neither a model's nor a preset's */
function requireName(name: string): void {
  const names = [...MODELS, ...Object.keys(PRESETS)];
  if (names.includes(name)) return;
  const problem = `"${name}" is neither a model nor a preset${didYouMean(name, names)}`;
  throw new RefineDetError('UNKNOWN_PRESET', `${problem}; there are ${names.join(', ')}`);
}

async function presetModel(name: string, classes: string) {
  const preset = presetByName(name);
  const { mean, std, channelOrder, inputSize } = preset;
  const config: ModelConfig = {
    preset: preset.name,
    inputHeight: inputSize,
    inputWidth: inputSize,
    mean,
    std,
    channelOrder,
    classes: await classList(classes),
    anchors: ANCHOR_DEFAULTS,
  };
  return { config, graph: presetGraph(name, config.classes.length) };
}

function withSize(config: ModelConfig, size: Size | undefined): ModelConfig {
  return size ? { ...config, inputWidth: size.width, inputHeight: size.height } : config;
}

/** Lists the models of the package and the presets. */
async function listAll(flags: InfoFlags): Promise<void> {
  const summary = async (name: string): Promise<ListedInfo> => {
    const described = await describe(name, flags);
    const config = withSize(described.config, flags.inputSize);
    const { layers, ...info } = modelInfo(name, { ...described, config });
    return info;
  };
  const models = await Promise.all(MODELS.map(summary));
  const presets = await Promise.all(Object.keys(PRESETS).map(summary));
  const text = flags.json
    ? `${JSON.stringify([...models, ...presets], null, 2)}\n`
    : `${modelsText(models)}\n${presetsText(presets)}`;
  await print(text);
}
