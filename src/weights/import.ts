/** Maps the tensors of a weight file onto a layer graph. */
import { didYouMean, listed, MOST_LISTED, RefineDetError } from '../errors.ts';
import { type Graph, parameterShapes, type Weights, type WeightTensor } from '../model/graph.ts';
import { type Preset, presetByName } from '../model/presets.ts';
import { quote } from './byte-reader.ts';
import { layoutsFor } from './importers/index.ts';
import type { Layout, WeightFormat } from './importers/layout.ts';
import type { SourceTensor, SourceTensors } from './weight-source.ts';

/** A tensor whose shape does not fit; shapes with the graph's order of axes. */
export interface ShapeMismatch {
  name: string;
  shape: readonly number[];
  expected: readonly number[];
}

/** How the tensors of a file fit a graph. */
export interface Fit {
  /** Tensors of the graph that the file does not hold, by the graph's names. */
  missing: string[];
  mismatched: ShapeMismatch[];
  /** Tensors of the file without a place in the graph, by the file's names. */
  unexpected: string[];
  /** Tensors of the file that a detector does not need, such as a classifier. */
  ignored: string[];
}

/**
 * Pairs the tensors of a graph with those of a file, without reading them.
 * @returns `matched`: tensors by the graph's names, with its order of axes
 */
export function matchTensors(
  tensors: SourceTensors,
  graph: Graph,
  layout: Pick<Layout, 'tensors' | 'ignored'>,
): Fit & { matched: SourceTensors } {
  const used = new Set<string>();
  const find = (name: string) => {
    used.add(name);
    return tensors.get(name);
  };
  const offered = new Map<string, SourceTensor>();
  for (const layer of graph.layers) {
    for (const [suffix, tensor] of Object.entries(layout.tensors(layer, find))) {
      if (tensor) offered.set(`${layer.name}.${suffix}`, tensor);
    }
  }
  const matched = new Map<string, SourceTensor>();
  const missing: string[] = [];
  const mismatched: ShapeMismatch[] = [];
  for (const [name, expected] of parameterShapes(graph)) {
    const tensor = offered.get(name);
    if (!tensor) missing.push(name);
    else if (sameShape(tensor.shape, expected)) matched.set(name, tensor);
    else mismatched.push({ name, shape: tensor.shape, expected });
  }
  const unused = [...tensors.keys()].filter((name) => !used.has(name));
  const ignored = unused.filter((name) => layout.ignored?.test(name));
  const unexpected = unused.filter((name) => !layout.ignored?.test(name));
  return { matched, missing, mismatched, unexpected, ignored };
}

/** Reads tensors into memory of their own. */
export function readWeights(tensors: SourceTensors): Weights {
  const weights: Weights = new Map();
  for (const [name, tensor] of tensors) {
    weights.set(name, { shape: tensor.shape, data: owned(tensor.read()) });
  }
  return weights;
}

/** Weights that are read anew at each access. */
export function openWeights(tensors: SourceTensors): Weights {
  const open = (tensor: SourceTensor): WeightTensor => ({
    shape: tensor.shape,
    levels: tensor.levels,
    get data() {
      return tensor.read();
    },
  });
  return new Map([...tensors].map(([name, tensor]) => [name, open(tensor)]));
}

/** A view of the file would keep all of it in memory and change with it. */
function owned(data: Float32Array): Float32Array {
  return data.byteLength === data.buffer.byteLength ? data : data.slice();
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/**
 * Finds the layout of a file.
 * @param name default: recognized by the names of the tensors
 * @throws INVALID_OPTION for an unknown name; MODEL_FORMAT when no layout of the preset fits
 */
export function chooseLayout(
  tensors: SourceTensors,
  format: WeightFormat,
  preset: string,
  name?: string,
): Layout {
  const { backbone } = presetByName(preset);
  const layouts = layoutsFor(backbone);
  if (name !== undefined) return layoutByName(name, layouts, backbone);
  const recognized = layouts.find(
    (layout) =>
      holdsFormat(layout.format, format) && layout.signature.every((tensor) => tensors.has(tensor)),
  );
  if (recognized) return recognized;
  const examples = [...tensors.keys()].slice(0, 3).map(quote).join(', ');
  throw new RefineDetError(
    'MODEL_FORMAT',
    `the ${format} file has no known weight layout for ${preset}; it holds ${tensors.size} tensors, first ${examples}`,
  );
}

/** safetensors keep the names of the program that wrote them, most often PyTorch. */
const holdsFormat = (layout: WeightFormat, file: WeightFormat): boolean =>
  layout === file || (layout === 'torch' && file === 'safetensors');

function layoutByName(name: string, layouts: Layout[], backbone: Preset['backbone']): Layout {
  const layout = layouts.find((candidate) => candidate.name === name);
  if (layout) return layout;
  const names = layouts.map((candidate) => candidate.name);
  throw new RefineDetError(
    'INVALID_OPTION',
    `unknown layout "${name}" for the backbone ${backbone}${didYouMean(name, names)}; there are ${names.join(', ')}`,
  );
}

/** @throws WEIGHTS_MISMATCH with the kinds of mismatch; the details list every tensor */
export function requireComplete({ missing, mismatched, unexpected }: Fit, preset: string): void {
  const shapes = mismatched.map(
    ({ name, shape, expected }) => `${name} is [${shape}] instead of [${expected}]`,
  );
  const kinds = [
    { what: 'missing', names: missing },
    { what: 'of a wrong shape', names: shapes },
    { what: 'unexpected', names: unexpected.map(quote) },
  ].filter(({ names }) => names.length > 0);
  if (kinds.length === 0) return;
  const parts = kinds.map(({ what, names }) => `${names.length} ${what} (${listed(names)})`);
  const message = `the weights do not fit ${preset}: ${parts.join('; ')}`;
  const details = kinds
    .filter(({ names }) => names.length > MOST_LISTED)
    .flatMap(({ what, names }) => names.map((name) => `${what}: ${name}`));
  throw new RefineDetError('WEIGHTS_MISMATCH', message, { details });
}
