/** The gradients of any layer. */
import { addGradients } from './activation-gradient.ts';
import { batchNormGradients } from './batch-norm-gradient.ts';
import type { Call, Gradients } from './call.ts';
import { convGradients } from './convolution-gradient.ts';
import { deconvGradients } from './deconvolution-gradient.ts';
import { depthwiseGradients } from './depthwise-gradient.ts';
import type { TrainingStep } from './gradient-plan.ts';
import { l2NormGradients, maxPoolGradients } from './pooling-gradient.ts';

/** Call inside of `tf.tidy`. */
export function layerGradients(call: Call<TrainingStep['layer']>): Gradients {
  const { layer } = call;
  switch (layer.op) {
    case 'conv':
      return convGradients({ ...call, layer });
    case 'depthwise':
      return depthwiseGradients({ ...call, layer });
    case 'deconv':
      return deconvGradients({ ...call, layer });
    case 'batchNorm':
      return batchNormGradients({ ...call, layer });
    case 'maxpool':
      return maxPoolGradients({ ...call, layer });
    case 'l2norm':
      return l2NormGradients({ ...call, layer });
    case 'add':
      return addGradients({ ...call, layer });
    case 'input':
      return { maps: [], tensors: [] };
  }
}
