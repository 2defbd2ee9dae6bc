/** RefineDet-ResNet101 of the authors' Caffe release, with BatchNorm and Scale layers. */
import { caffeDetectorNames } from './caffe-names.ts';
import { CAFFE_BGR, type CaffeNames, caffeTensors, type Layout } from './layout.ts';

/** Maps that the heads read, by level; each passes through a bottleneck `res<map>_inter` first. */
const HEAD_SOURCES: Readonly<Record<string, readonly string[]>> = {
  arm: ['res3b3_relu', 'res4b22_relu', 'res5c_relu', 'res6_relu'],
  odm: ['P3', 'P4', 'P5', 'P6'],
};
const interNames = (sources: readonly string[]) => sources.map((source) => `res${source}_inter`);
const DETECTOR = caffeDetectorNames(
  interNames(HEAD_SOURCES['arm']),
  interNames(HEAD_SOURCES['odm']),
);

const BACKBONE_BLOCK = /^res(\w+)\.(branch\w+)$/;
const HEAD_BLOCK = /^(arm|odm)([3-6])\.inter\.(branch\w+)$/;

function caffeNames(layerName: string): CaffeNames {
  if (layerName === 'conv1') return { conv: 'conv1', norm: 'bn_conv1', scale: 'scale_conv1' };
  const [, block, branch] = BACKBONE_BLOCK.exec(layerName) ?? [];
  if (block !== undefined) return bottleneckNames(block, branch);
  const [, module, level, headBranch] = HEAD_BLOCK.exec(layerName) ?? [];
  if (module !== undefined) {
    return bottleneckNames(`${HEAD_SOURCES[module][Number(level) - 3]}_inter`, headBranch);
  }
  const conv = DETECTOR.get(layerName) ?? layerName;
  const normalized = layerName.startsWith('tcb');
  return normalized ? { conv, norm: `${conv}_bn`, scale: `${conv}_scale` } : { conv };
}

function bottleneckNames(block: string, branch: string): CaffeNames {
  const name = `${block}_${branch}`;
  return { conv: `res${name}`, norm: `bn${name}`, scale: `scale${name}` };
}

export const CAFFE_RESNET: Layout = {
  name: 'caffe-refinedet-resnet101',
  source: 'sfzhang15/RefineDet',
  format: 'caffe',
  backbone: 'resnet101',
  signature: ['conv1.0', 'bn_conv1.0', 'res4b22_branch2a.0'],
  preprocessing: CAFFE_BGR,
  ignored: /^fc1000\./,
  tensors: (layer, find) => caffeTensors(layer, find, caffeNames(layer.name)),
};
