/** What a run starts from: one sentence, and the refusal of weights of another network. */
import { listed, RefineDetError } from '../../errors.ts';
import { layerOf } from '../../model/graph.ts';
import type { InitialModel } from './initial-weights.ts';

/** Layers behind the backbone; a file of a backbone has none of them. */
const BEHIND_BACKBONE = /^(lateral|arm|tcb|odm)\d/;
/** Least share of the backbone's tensors that initial weights must provide. */
const LEAST_SHARE = 0.5;

/**
 * Describes the initial model: how many tensors were kept, which begin anew, and whether that is normal.
 * @param init source of the weights; null for random weights
 */
export function describeStart(init: string | null, start: InitialModel): string {
  const { kept, narrowed, widened, fresh } = start;
  if (init === null) {
    return 'the run starts from random weights, with no layer frozen: this needs many thousands of images';
  }
  const count = kept.length + fresh.length;
  const fewer =
    narrowed.length > 0 ? `, ${narrowed.length} with their strongest channels only` : '';
  const more = widened.length > 0 ? `, ${widened.length} with new channels besides` : '';
  const whole = `the run starts from ${init}: ${kept.length} of ${count} tensors kept${fewer}${more}`;
  if (fresh.length === 0) return whole;
  const { odmConf } = start.model.graph.heads;
  if (fresh.every((name) => odmConf.includes(layerOf(name)))) {
    return `${whole}, the ${fresh.length} of the class heads begin anew, which is normal for other classes`;
  }
  if (!fresh.some(isOfBackbone)) {
    return `${whole}, ${fresh.length} of the neck and heads begin anew, which is normal for a backbone`;
  }
  return `${whole}; unusually, these layers begin anew: ${listed([...new Set(fresh.map(layerOf))])}`;
}

/**
 * Refuses weights that leave most of the backbone random.
 * @throws WEIGHTS_MISMATCH
 */
export function requireFittingStart(init: string, preset: string, start: InitialModel): void {
  const kept = start.kept.filter(isOfBackbone).length;
  const fresh = start.fresh.filter(isOfBackbone);
  if (kept >= LEAST_SHARE * (kept + fresh.length)) return;
  throw new RefineDetError(
    'WEIGHTS_MISMATCH',
    `${init} does not fit ${preset}: it has ${kept} of the ${kept + fresh.length} tensors of the backbone; --force (the option force) starts all the same`,
    { details: fresh.map((name) => `missing: ${name}`) },
  );
}

const isOfBackbone = (tensor: string): boolean => !BEHIND_BACKBONE.test(tensor);
