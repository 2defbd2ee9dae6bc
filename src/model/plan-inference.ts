/**
 * What pays when a network runs again and again with the same weights: filters transformed once, and
 * maps that never leave the cache. In training the filters change with every step.
 */
import { type FeatureShape, type Graph, inferShapes, type Layer } from './graph.ts';
import { DEPTHWISE_KERNEL, planSteps, readerCounts, type Step } from './plan.ts';

/** Pixels a side that steps are planned for; they run with any other size too. */
const PLANNED_SIZE = 320;
/** The points of a filter take four times its memory; few tiles do not pay for reading them. */
const MIN_TILES = 16;
/** Outputs of a tile in either direction. */
const TILE_SIZE = 4;

/** Floats of a map that is better not written as a whole: a part of what a second-level cache holds. */
const LARGE_MAP = 1 << 18;

/** The steps of a graph whose weights stay as they are, on a backend that has the layer kernels. */
export function planInference(graph: Graph): Step[] {
  const shapes = inferShapes(graph, PLANNED_SIZE, PLANNED_SIZE);
  const steps = planSteps(graph).map((step) =>
    suitsWinograd(step.layer, shapes) ? { ...step, winograd: true } : step,
  );
  return chainSteps(steps, graph, shapes);
}

type Shapes = ReadonlyMap<string, FeatureShape>;

/**
 * The same steps, those chained whose large maps in between need not be kept: inverted residuals, say.
 * Every value is the same.
 */
function chainSteps(steps: readonly Step[], graph: Graph, shapes: Shapes): Step[] {
  const inputs = steps.flatMap((step) => step.inputs);
  const readers = readerCounts(inputs, graph);
  const byName = new Map(steps.map((step) => [step.name, step]));
  const onlyReadHere = (name: string) => (readers.get(name) === 1 ? byName.get(name) : undefined);
  const isLarge = (name: string) => shapes.get(name)!.reduce((a, b) => a * b) >= LARGE_MAP;
  const chained = new Set<Step>();
  const linked = steps.map((last) => {
    const depthwise = isPointwise(last.layer) && onlyReadHere(last.inputs[0]);
    if (!depthwise || !isDepthwise(depthwise.layer)) return last;
    const first = onlyReadHere(depthwise.inputs[0]);
    if (!first || !isPlainConv(first) || !isLarge(first.name)) return last;
    chained.add(first).add(depthwise);
    const tensors = [first, depthwise, last].flatMap((step) => step.tensors);
    const inputs = [...first.inputs, ...last.inputs.slice(1)];
    return { ...last, inputs, tensors, before: [first, depthwise] as const };
  });
  return linked.filter((_, i) => !chained.has(steps[i]));
}

function isPlainConv({ layer, inputs, winograd }: Step): boolean {
  return layer.op === 'conv' && inputs.length === 1 && !winograd;
}

function isDepthwise(layer: Layer): boolean {
  return layer.op === 'depthwise' && layer.kernel === DEPTHWISE_KERNEL;
}

/** Whether each output is made from the one pixel at its place. */
function isPointwise(layer: Layer): boolean {
  return (
    layer.op === 'conv' && layer.kernel === 1 && layer.stride === 1 && !(Number(layer.padding) > 0)
  );
}

function suitsWinograd(layer: Layer, shapes: Shapes): boolean {
  if (layer.op !== 'conv') return false;
  const { kernel, stride, dilation } = layer;
  const [height, width] = shapes.get(layer.name)!;
  const [, , channels] = shapes.get(layer.input)!;
  const tiles = Math.ceil(height / TILE_SIZE) * Math.ceil(width / TILE_SIZE);
  const isPlain = kernel === 3 && stride === 1 && dilation === 1;
  return isPlain && channels % 4 === 0 && tiles >= MIN_TILES;
}
