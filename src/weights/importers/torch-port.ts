/** RefineDet-VGG16 of the PyTorch port luuuyi/RefineDet.PyTorch. */
import { LEVELS } from '../../model/refinedet.ts';
import { type Layout, torchTensors } from './layout.ts';
import { VGG_REDUCED_INDEX } from './vgg-names.ts';

/** Graph layer → module of the port. The TCB modules come in threes: convolution, ReLU, convolution. */
const MODULES = new Map<string, string>([
  ...[...VGG_REDUCED_INDEX].map(([name, index]): [string, string] => [name, `vgg.${index}`]),
  ['conv4_3_norm', 'conv4_3_L2Norm'],
  ['conv5_3_norm', 'conv5_3_L2Norm'],
  ['conv6_1', 'extras.0'],
  ['conv6_2', 'extras.1'],
  ...LEVELS.flatMap((level, i): [string, string][] => [
    [`arm${level}.loc`, `arm_loc.${i}`],
    [`arm${level}.conf`, `arm_conf.${i}`],
    [`odm${level}.loc`, `odm_loc.${i}`],
    [`odm${level}.conf`, `odm_conf.${i}`],
    [`tcb${level}.conv1`, `tcb0.${3 * i}`],
    [`tcb${level}.conv2`, `tcb0.${3 * i + 2}`],
    [`tcb${level}.up`, `tcb1.${i}`],
    [`tcb${level}.out`, `tcb2.${3 * i + 1}`],
  ]),
]);

export const TORCH_PORT: Layout = {
  name: 'torch-refinedet-vgg16',
  source: 'luuuyi/RefineDet.PyTorch',
  format: 'torch',
  backbone: 'vgg16',
  signature: ['vgg.0.weight', 'arm_loc.0.weight', 'tcb0.0.weight'],
  // The port subtracts the BGR mean from a BGR image and reverses the channels afterwards.
  preprocessing: { mean: [123, 117, 104], std: [1, 1, 1], channelOrder: 'RGB' },
  clipAnchors: true,
  tensors(layer, find) {
    const module = MODULES.get(layer.name);
    return module === undefined ? {} : torchTensors(layer, find, module);
  },
};
