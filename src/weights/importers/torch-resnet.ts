/** torchvision's ResNet-101 classifier as a backbone. */
import { type Layout, TORCHVISION_RGB, torchTensors } from './layout.ts';

/** Convolution and batch normalization of each branch inside a torchvision bottleneck. */
const BRANCHES: Readonly<Record<string, [conv: string, norm: string]>> = {
  branch1: ['downsample.0', 'downsample.1'],
  branch2a: ['conv1', 'bn1'],
  branch2b: ['conv2', 'bn2'],
  branch2c: ['conv3', 'bn3'],
};

/** res2a.branch1 → layer1.0.downsample.{0,1}; blocks are a, b, c or a, b1, b2 … */
const BLOCK = /^res([2-5])([a-c])(\d*)\.(branch\w+)$/;

function modules(layerName: string): [conv: string, norm: string] | undefined {
  if (layerName === 'conv1') return ['conv1', 'bn1'];
  const [, group, letter, number, branch] = BLOCK.exec(layerName) ?? [];
  if (group === undefined) return undefined;
  const block = number === '' ? 'abc'.indexOf(letter) : Number(number);
  const prefix = `layer${Number(group) - 1}.${block}`;
  const [conv, norm] = BRANCHES[branch];
  return [`${prefix}.${conv}`, `${prefix}.${norm}`];
}

export const TORCHVISION_RESNET: Layout = {
  name: 'torchvision-resnet101',
  source: 'torchvision.models.resnet101',
  format: 'torch',
  backbone: 'resnet101',
  // Block 22 of layer3 distinguishes ResNet-101 from ResNet-50; ResNet-152 has more in layer2.
  signature: ['conv1.weight', 'bn1.running_mean', 'layer3.22.conv1.weight'],
  preprocessing: TORCHVISION_RGB,
  graphOptions: { resnetVersion: 'v1.5' },
  ignored: /^fc\.|\.num_batches_tracked$/,
  tensors(layer, find) {
    const names = modules(layer.name);
    return names ? torchTensors(layer, find, ...names) : {};
  },
};
