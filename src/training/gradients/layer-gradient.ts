/** Gradients of any kind of plan step. */
import { addGradients } from './activation-gradient.ts';
import { batchNormGradients } from './batch-norm-gradient.ts';
import type { Call, Gradients } from './call.ts';
import { convGradients } from './convolution-gradient.ts';
import { deconvGradients } from './deconvolution-gradient.ts';
import { depthwiseGradients } from './depthwise-gradient.ts';
import type { TrainingPlanStep } from './gradient-plan.ts';
import { l2NormGradients, maxPoolGradients } from './pooling-gradient.ts';

/** Computes the gradients of a plan step; call inside `tf.tidy`. */
export function layerGradients(call: Call<TrainingPlanStep>): Gradients {
  const { step } = call;
  switch (step.kind) {
    case 'conv':
      return convGradients({ ...call, step });
    case 'depthwise':
      return depthwiseGradients({ ...call, step });
    case 'deconv':
      return deconvGradients({ ...call, step });
    case 'batchNorm':
      return batchNormGradients({ ...call, step });
    case 'maxpool':
      return maxPoolGradients({ ...call, step });
    case 'l2norm':
      return l2NormGradients({ ...call, step });
    case 'add':
      return addGradients({ ...call, step });
  }
}
