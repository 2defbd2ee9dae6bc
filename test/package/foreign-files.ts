/** Weight files as others publish them, with the right tensors and made-up values. */
import { blob, layerV2, net } from '../weights/caffe-writer.ts';
import { caffeResnet, caffeVgg, torchPort, vggReduced } from '../weights/layout-tables.ts';
import { dict, legacyFile, storage, tensor } from '../weights/pickle-writer.ts';

type Shapes = Record<string, number[]>;

const COCO_OUTPUTS = 81;

/** The files by their names in the guides; those of one layout are equal. */
export const FOREIGN_FILES: Record<string, () => Uint8Array> = {
  'vgg16_reducedfc.pth': () => torchFile(vggReduced()),
  ...Object.fromEntries(
    ['RefineDet320_VOC.pth', 'RefineDet320_VOC_final.pth', 'RefineDet512_VOC_final.pth'].map(
      (name) => [name, () => torchFile(torchPort())],
    ),
  ),
  'VOC0712.caffemodel': () => caffeFile(caffeVgg()),
  'VOC0712_refinedet_vgg16_320x320_final.caffemodel': () => caffeFile(caffeVgg()),
  'VOC0712_refinedet_vgg16_512x512_final.caffemodel': () => caffeFile(caffeVgg()),
  'coco_refinedet_resnet101_512x512_final.caffemodel': () => caffeFile(caffeResnet(COCO_OUTPUTS)),
};

/** All tensors are views of one storage, which makes a small file. */
function torchFile(shapes: Shapes): Uint8Array {
  const values = valuesOf(Math.max(...Object.values(shapes).map(product)));
  const pairs = Object.entries(shapes).map(([name, shape]): [string, Uint8Array] => [
    name,
    tensor(storage('0', values.length), 0, shape, stridesOf(shape)),
  ]);
  return legacyFile(dict(...pairs), { 0: values });
}

/** Keys are the layer's name and the number of the blob: `conv1_1.0`. */
function caffeFile(shapes: Shapes): Uint8Array {
  const layers = new Map<string, Uint8Array[]>();
  for (const [key, shape] of Object.entries(shapes)) {
    const name = key.replace(/\.\d+$/, '');
    layers.set(name, [...(layers.get(name) ?? []), blob(shape, valuesOf(product(shape)))]);
  }
  return net(...[...layers].map(([name, blobs]) => layerV2(name, ...blobs)));
}

/** Positive, like variances, and too small to overflow in a deep network. */
const valuesOf = (count: number) => new Float32Array(count).fill(1e-4);
const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
const stridesOf = (shape: number[]) => shape.map((_, axis) => product(shape.slice(axis + 1)));
