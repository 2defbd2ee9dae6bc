/** RefineDet-VGG16 of the authors' Caffe release; the graph's backbone has the same layer names. */
import { caffeDetectorNames } from './caffe-names.ts';
import { CAFFE_BGR, caffeTensors, type Layout } from './layout.ts';

const DETECTOR = caffeDetectorNames(
  ['conv4_3_norm', 'conv5_3_norm', 'fc7', 'conv6_2'],
  ['P3', 'P4', 'P5', 'P6'],
);

export const CAFFE_VGG: Layout = {
  name: 'caffe-refinedet-vgg16',
  source: 'sfzhang15/RefineDet',
  format: 'caffe',
  backbone: 'vgg16',
  signature: ['conv1_1.0', 'fc6.0'],
  preprocessing: CAFFE_BGR,
  ignored: /^fc8/,
  tensors: (layer, find) =>
    caffeTensors(layer, find, { conv: DETECTOR.get(layer.name) ?? layer.name }),
};
