/**
 * Initializes the lateral convolutions of C4..C6 with what another detector computes from the same feature
 * maps: the class and box heads of the SSD that provides the light backbone.
 */
import type { Weights } from '../../model/graph.ts';
import type { SourceTensors } from '../../weights/weight-source.ts';

/** Lateral layer by the number of the SSD head on the same feature map. */
const LATERALS = ['lateral4.reduce', 'lateral5.reduce', 'lateral6.reduce'];

/**
 * Logits go through ReLU6 here: scaled and shifted, they use its range. Measured on the light preset;
 * see docs/training.md.
 */
const SCALE = 0.6;
const SHIFT = 3.5;

/** Replaces as many output channels as the head has; does nothing when file and network do not match. */
export function initializeLaterals(weights: Weights, file: SourceTensors): void {
  LATERALS.forEach((layer, head) => {
    const weight = weights.get(`${layer}.weight`);
    const bias = weights.get(`${layer}.bias`);
    if (!weight || !bias) return;
    const [, , channels, filters] = weight.shape;
    let filter = 0;
    for (const part of ['class', 'box']) {
      const kernel = file.get(`head${head}.${part}.weight`);
      const shifts = file.get(`head${head}.${part}.bias`)?.read();
      if (!kernel || !shifts || kernel.shape[2] !== channels) continue;
      const values = kernel.read();
      const columns = shifts.length;
      for (let column = 0; column < columns && filter < filters; column++, filter++) {
        for (let c = 0; c < channels; c++) {
          weight.data[c * filters + filter] = SCALE * values[c * columns + column];
        }
        bias.data[filter] = SCALE * shifts[column] + SHIFT;
      }
    }
  });
}
