/** Every layout that can be imported. */
import type { Preset } from '../../model/presets.ts';
import { CAFFE_RESNET } from './caffe-resnet.ts';
import { CAFFE_VGG } from './caffe-vgg.ts';
import type { Layout } from './layout.ts';
import { NATIVE, SSD_MOBILENET } from './native.ts';
import { TORCH_PORT } from './torch-port.ts';
import { TORCHVISION_RESNET } from './torch-resnet.ts';
import { TORCHVISION_VGG, VGG_REDUCED } from './torch-vgg.ts';

const LAYOUTS: readonly Layout[] = [
  TORCH_PORT,
  VGG_REDUCED,
  TORCHVISION_VGG,
  TORCHVISION_RESNET,
  CAFFE_VGG,
  CAFFE_RESNET,
  SSD_MOBILENET,
];

/** Layouts for a backbone, the package's own among them. */
export function layoutsFor(backbone: Preset['backbone']): Layout[] {
  return [...LAYOUTS.filter((layout) => layout.backbone === backbone), { ...NATIVE, backbone }];
}
