/** Checks the configuration of a model from a file. */
import { parseAnchorOptions } from '../anchors.ts';
import { RefineDetError } from '../errors.ts';
import {
  DECODING_NAMES,
  type Decoding,
  resolvePostprocessOptions,
} from '../kernels/postprocess-options.ts';
import {
  checkGraphOptions,
  GRAPH_OPTION_NAMES,
  type GraphOptions,
} from '../model/graph-options.ts';
import { inputSide } from '../model/input-size.ts';
import type { ModelConfig } from '../model/model.ts';
import { type ChannelOrder, PRESETS, type PresetName } from '../model/presets.ts';
import { ANCHORS_PER_CELL, LEVELS } from '../model/refinedet.ts';
import { show } from '../option-checks.ts';

const MAX_CLASSES = 10_000;
const MAX_NAME_LENGTH = 200;

type Fields = Record<string, unknown>;

/**
 * Reads a model's configuration from untrusted JSON; unknown fields are dropped.
 * @throws MODEL_METADATA naming the first offending field and its value
 */
export function parseModelConfig(value: unknown): ModelConfig {
  const fields = record(value, 'config');
  return {
    preset: preset(fields['preset']),
    ...(fields['graphOptions'] !== undefined && {
      graphOptions: graphOptions(fields['graphOptions']),
    }),
    inputHeight: inputSize(fields['inputHeight'], 'inputHeight'),
    inputWidth: inputSize(fields['inputWidth'], 'inputWidth'),
    mean: triple(fields['mean'], 'mean', Number.isFinite),
    std: triple(fields['std'], 'std', (n) => Number.isFinite(n) && n > 0),
    channelOrder: channelOrder(fields['channelOrder']),
    classes: classes(fields['classes']),
    anchors: anchors(fields['anchors']),
    ...(fields['decoding'] !== undefined && { decoding: decoding(fields['decoding']) }),
    ...(fields['provenance'] !== undefined && {
      provenance: record(fields['provenance'], 'provenance'),
    }),
  };
}

function invalid(field: string, value: unknown, expected: string): RefineDetError {
  return new RefineDetError(
    'MODEL_METADATA',
    `the model's ${field} must be ${expected}, not ${show(value)}`,
  );
}

function record(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(field, value, 'an object');
}

function preset(value: unknown): PresetName {
  if (typeof value === 'string' && Object.hasOwn(PRESETS, value)) return value as PresetName;
  throw invalid('preset', value, `one of ${Object.keys(PRESETS).join(', ')}`);
}

function graphOptions(value: unknown): GraphOptions {
  const fields = record(value, 'graphOptions');
  const known = GRAPH_OPTION_NAMES.filter((name) => fields[name] !== undefined);
  return checked(() =>
    checkGraphOptions(Object.fromEntries(known.map((name) => [name, fields[name]]))),
  );
}

function inputSize(value: unknown, field: string): number {
  const [isSide, expected] = inputSide();
  if (isSide(value)) return value as number;
  throw invalid(field, value, expected);
}

function triple(
  value: unknown,
  field: string,
  valid: (n: number) => boolean,
): [number, number, number] {
  if (Array.isArray(value) && value.length === 3 && value.every(valid)) {
    return value as [number, number, number];
  }
  throw invalid(field, value, field === 'std' ? 'three positive numbers' : 'three numbers');
}

function channelOrder(value: unknown): ChannelOrder {
  if (value === 'RGB' || value === 'BGR') return value;
  throw invalid('channelOrder', value, '"RGB" or "BGR"');
}

function classes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CLASSES) {
    throw invalid('classes', value, `a list of 1 to ${MAX_CLASSES} names`);
  }
  for (const name of value) {
    if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_LENGTH) {
      throw invalid('class name', name, `a string of 1 to ${MAX_NAME_LENGTH} characters`);
    }
  }
  const used = new Set<string>();
  for (const name of value) {
    if (used.has(name)) throw invalid('classes', name, 'all different');
    used.add(name);
  }
  return value;
}

function anchors(value: unknown): ModelConfig['anchors'] {
  const options = checked(() => parseAnchorOptions(value));
  const { strides, sizes, ratios } = options;
  for (const [field, list, length] of [
    ['strides', strides, LEVELS.length],
    ['sizes', sizes, LEVELS.length],
    ['ratios', ratios, ANCHORS_PER_CELL],
  ] as const) {
    if (list.length !== length) throw invalid(`anchors.${field}`, list, `${length} numbers`);
  }
  return options;
}

function decoding(value: unknown): Partial<Decoding> {
  const fields = record(value, 'decoding');
  const stated = DECODING_NAMES.filter((name) => fields[name] !== undefined);
  const known: Partial<Decoding> = Object.fromEntries(stated.map((name) => [name, fields[name]]));
  checked(() => resolvePostprocessOptions(known));
  return known;
}

/** Runs a parser that knows options by the same names. */
function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    throw new RefineDetError('MODEL_METADATA', `the model's ${error.message}`, { cause: error });
  }
}
