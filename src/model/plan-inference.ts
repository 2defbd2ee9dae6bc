/**
 * Plans for networks that run many times with the same weights: filters transformed once, and maps
 * that never leave the cache. In training the filters change with every step.
 */
import { type ConvLayer, type FeatureShape, type Graph, inferShapes } from './graph.ts';
import { DEPTHWISE_KERNEL, type PlanStep, planSteps, readerCounts } from './plan.ts';

/** Input side that plans are made for, in pixels; they run with any other size too. */
const PLANNED_SIZE = 320;
/** The transformed filter takes four times the memory; few tiles do not pay for reading it. */
const MIN_TILES = 16;
/** Outputs of a tile in either direction. */
const TILE_SIZE = 4;

/** Floats of a map that should not be written as a whole: a part of a second-level cache. */
const LARGE_MAP = 1 << 18;

/** Plans a graph whose weights are constant, for a backend with the layer kernels. */
export function planInference(graph: Graph): PlanStep[] {
  const shapes = inferShapes(graph, PLANNED_SIZE, PLANNED_SIZE);
  const steps = planSteps(graph).map(
    (step): PlanStep =>
      step.kind === 'conv' && suitsWinograd(step.layer, shapes)
        ? { ...step, kind: 'winograd' }
        : step,
  );
  const inputs = steps.flatMap((step) => step.inputs);
  return chainSteps(
    steps,
    findChains(steps, readerCounts(inputs, graph), largeMaps(graph, shapes)),
  );
}

type Shapes = ReadonlyMap<string, FeatureShape>;

/** Returns whether a map should not be written as a whole. */
export function largeMaps(
  graph: Graph,
  shapes: Shapes = inferShapes(graph, PLANNED_SIZE, PLANNED_SIZE),
): (name: string) => boolean {
  return (name) => shapes.get(name)!.reduce((a, b) => a * b) >= LARGE_MAP;
}

/** Chains by the names of their steps; the last step of a chain has its name. */
export type Chains = ReadonlyMap<string, PlanStep<'chain'>>;

/**
 * Finds steps to chain, inverted residuals for example, so that the large maps between them are never
 * kept. Every value stays the same.
 * @param readers number of steps that read a map, among all steps of the network
 */
export function findChains(
  steps: readonly PlanStep[],
  readers: ReadonlyMap<string, number>,
  isLarge: (name: string) => boolean,
): Chains {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const onlyReadHere = (name: string) => (readers.get(name) === 1 ? byName.get(name) : undefined);
  const chains = new Map<string, PlanStep<'chain'>>();
  for (const last of steps) {
    if (last.kind !== 'conv' || !isPointwise(last.layer)) continue;
    const depthwise = onlyReadHere(last.inputs[0]);
    if (depthwise?.kind !== 'depthwise' || depthwise.layer.kernel !== DEPTHWISE_KERNEL) continue;
    const first = onlyReadHere(depthwise.inputs[0]);
    if (first?.kind !== 'conv' || first.inputs.length > 1 || !isLarge(first.name)) continue;
    const parts = [first, depthwise, last] as const;
    const chain: PlanStep<'chain'> = {
      kind: 'chain',
      name: last.name,
      inputs: [...first.inputs, ...last.inputs.slice(1)],
      tensors: parts.flatMap((step) => step.tensors),
      parts,
    };
    for (const { name } of parts) chains.set(name, chain);
  }
  return chains;
}

/** Puts each chain in the place of its last step, and removes its other steps. */
function chainSteps(steps: readonly PlanStep[], chains: Chains): PlanStep[] {
  return steps.flatMap((step) => {
    const chain = chains.get(step.name);
    if (!chain) return step;
    return chain.name === step.name ? chain : [];
  });
}

/** Whether each output depends on the one pixel at its place. */
function isPointwise({ kernel, stride, padding }: ConvLayer): boolean {
  return kernel === 1 && stride === 1 && !(Number(padding) > 0);
}

function suitsWinograd(layer: ConvLayer, shapes: Shapes): boolean {
  const { kernel, stride, dilation } = layer;
  const [height, width] = shapes.get(layer.name)!;
  const [, , channels] = shapes.get(layer.input)!;
  const tiles = Math.ceil(height / TILE_SIZE) * Math.ceil(width / TILE_SIZE);
  const isPlain = kernel === 3 && stride === 1 && dilation === 1;
  return isPlain && channels % 4 === 0 && tiles >= MIN_TILES;
}
