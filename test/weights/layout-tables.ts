/**
 * The tensors of every importable layout, written from the documentation of the layouts, not
 * from the importers: name → shape, for 20 classes and the background.
 */
type Shapes = Record<string, number[]>;

const CLASSES = 21;
/** [filters, inputs, module index in PyTorch, Caffe name] of VGG-16's convolutions. */
const VGG: [number, number, number, string][] = [
  [64, 3, 0, 'conv1_1'],
  [64, 64, 2, 'conv1_2'],
  [128, 64, 5, 'conv2_1'],
  [128, 128, 7, 'conv2_2'],
  [256, 128, 10, 'conv3_1'],
  [256, 256, 12, 'conv3_2'],
  [256, 256, 14, 'conv3_3'],
  [512, 256, 17, 'conv4_1'],
  [512, 512, 19, 'conv4_2'],
  [512, 512, 21, 'conv4_3'],
  [512, 512, 24, 'conv5_1'],
  [512, 512, 26, 'conv5_2'],
  [512, 512, 28, 'conv5_3'],
];

/** Source channels of the levels. */
const VGG_SOURCES = [512, 512, 1024, 512];

const torchConv = (name: string, out: number, inputs: number, size = 3): Shapes => ({
  [`${name}.weight`]: [out, inputs, size, size],
  [`${name}.bias`]: [out],
});
const caffeConv = (name: string, out: number, inputs: number, size = 3): Shapes => ({
  [`${name}.0`]: [out, inputs, size, size],
  [`${name}.1`]: [out],
});

function merge(...parts: Shapes[]): Shapes {
  return Object.assign({}, ...parts);
}

export function torchPort(): Shapes {
  return merge(
    ...VGG.map(([out, inputs, index]) => torchConv(`vgg.${index}`, out, inputs)),
    torchConv('vgg.31', 1024, 512),
    torchConv('vgg.33', 1024, 1024, 1),
    { 'conv4_3_L2Norm.weight': [512], 'conv5_3_L2Norm.weight': [512] },
    torchConv('extras.0', 256, 1024, 1),
    torchConv('extras.1', 512, 256),
    ...VGG_SOURCES.flatMap((channels, i) => [
      torchConv(`arm_loc.${i}`, 12, channels),
      torchConv(`arm_conf.${i}`, 6, channels),
      torchConv(`odm_loc.${i}`, 12, 256),
      torchConv(`odm_conf.${i}`, 3 * CLASSES, 256),
      torchConv(`tcb0.${3 * i}`, 256, channels),
      torchConv(`tcb0.${3 * i + 2}`, 256, 256),
      torchConv(`tcb2.${3 * i + 1}`, 256, 256),
      i < 3 ? torchConv(`tcb1.${i}`, 256, 256, 2) : {},
    ]),
  );
}

export function vggReduced(): Shapes {
  return merge(
    ...VGG.map(([out, inputs, index]) => torchConv(`${index}`, out, inputs)),
    torchConv('31', 1024, 512),
    torchConv('33', 1024, 1024, 1),
  );
}

export function torchvisionVgg(): Shapes {
  return merge(...VGG.map(([out, inputs, index]) => torchConv(`features.${index}`, out, inputs)), {
    'classifier.0.weight': [4096, 25088],
    'classifier.0.bias': [4096],
    'classifier.3.weight': [4096, 4096],
    'classifier.3.bias': [4096],
    'classifier.6.weight': [1000, 4096],
    'classifier.6.bias': [1000],
  });
}

export function torchvisionResnet(): Shapes {
  const norm = (name: string, channels: number): Shapes => ({
    [`${name}.weight`]: [channels],
    [`${name}.bias`]: [channels],
    [`${name}.running_mean`]: [channels],
    [`${name}.running_var`]: [channels],
    [`${name}.num_batches_tracked`]: [],
  });
  const shapes: Shapes[] = [{ 'conv1.weight': [64, 3, 7, 7] }, norm('bn1', 64)];
  let inputs = 64;
  for (const [stage, blocks] of [3, 4, 23, 3].entries()) {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const name = `layer${stage + 1}.${block}`;
      shapes.push(
        { [`${name}.conv1.weight`]: [width, inputs, 1, 1] },
        norm(`${name}.bn1`, width),
        { [`${name}.conv2.weight`]: [width, width, 3, 3] },
        norm(`${name}.bn2`, width),
        { [`${name}.conv3.weight`]: [4 * width, width, 1, 1] },
        norm(`${name}.bn3`, 4 * width),
      );
      if (block === 0) {
        shapes.push({ [`${name}.downsample.0.weight`]: [4 * width, inputs, 1, 1] });
        shapes.push(norm(`${name}.downsample.1`, 4 * width));
      }
      inputs = 4 * width;
    }
  }
  return merge(...shapes, { 'fc.weight': [1000, 2048], 'fc.bias': [1000] });
}

export function caffeVgg(): Shapes {
  const sources = ['conv4_3_norm', 'conv5_3_norm', 'fc7', 'conv6_2'];
  return merge(
    ...VGG.map(([out, inputs, , name]) => caffeConv(name, out, inputs)),
    caffeConv('fc6', 1024, 512),
    caffeConv('fc7', 1024, 1024, 1),
    caffeConv('conv6_1', 256, 1024, 1),
    caffeConv('conv6_2', 512, 256),
    { 'conv4_3_norm.0': [512], 'conv5_3_norm.0': [512] },
    ...VGG_SOURCES.flatMap((channels, i) => [
      caffeConv(`${sources[i]}_mbox_loc`, 12, channels),
      caffeConv(`${sources[i]}_mbox_conf`, 6, channels),
      caffeConv(`P${i + 3}_mbox_loc`, 12, 256),
      caffeConv(`P${i + 3}_mbox_conf`, 3 * CLASSES, 256),
      caffeConv(`TL${i + 3}_1`, 256, channels),
      caffeConv(`TL${i + 3}_2`, 256, 256),
      caffeConv(`P${i + 3}`, 256, 256),
      i > 0 ? caffeConv(`P${i + 3}-up`, 256, 256, 2) : {},
    ]),
  );
}

export function caffeResnet(outputs = CLASSES): Shapes {
  const norm = (bn: string, scale: string, channels: number): Shapes => ({
    [`${bn}.0`]: [channels],
    [`${bn}.1`]: [channels],
    [`${bn}.2`]: [1],
    [`${scale}.0`]: [channels],
    [`${scale}.1`]: [channels],
  });
  const branch = (name: string, out: number, inputs: number, size: number) =>
    merge({ [`res${name}.0`]: [out, inputs, size, size] }, norm(`bn${name}`, `scale${name}`, out));
  const block = (name: string, inputs: number, width: number, out: number, projected: boolean) =>
    merge(
      projected ? branch(`${name}_branch1`, out, inputs, 1) : {},
      branch(`${name}_branch2a`, width, inputs, 1),
      branch(`${name}_branch2b`, width, width, 3),
      branch(`${name}_branch2c`, out, width, 1),
    );
  const transfer = (name: string, inputs: number, size = 3) =>
    merge({ [`${name}.0`]: [256, inputs, size, size] }, norm(`${name}_bn`, `${name}_scale`, 256));
  const heads = (source: string, inputs: number, classes: number) =>
    merge(
      block(`${source}_inter`, inputs, 256, 1024, true),
      caffeConv(`res${source}_inter_mbox_loc`, 12, 1024),
      caffeConv(`res${source}_inter_mbox_conf`, 3 * classes, 1024),
    );
  const numbered = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
  const stages = [
    ['2a', '2b', '2c'],
    ['3a', ...numbered('3b', 3)],
    ['4a', ...numbered('4b', 22)],
    ['5a', '5b', '5c'],
  ];
  const shapes: Shapes[] = [{ 'conv1.0': [64, 3, 7, 7] }, norm('bn_conv1', 'scale_conv1', 64)];
  let inputs = 64;
  for (const [stage, names] of stages.entries()) {
    const width = 64 * 2 ** stage;
    for (const [index, name] of names.entries()) {
      shapes.push(block(name, inputs, width, 4 * width, index === 0));
      inputs = 4 * width;
    }
  }
  shapes.push(block('6', 2048, 128, 512, true));
  const channels = [512, 1024, 2048, 512];
  for (const [i, source] of ['res3b3_relu', 'res4b22_relu', 'res5c_relu', 'res6_relu'].entries()) {
    const level = i + 3;
    shapes.push(heads(source, channels[i], 2), heads(`P${level}`, 256, outputs));
    shapes.push(transfer(`TL${level}_1`, channels[i]), transfer(`TL${level}_2`, 256));
    shapes.push(transfer(`P${level}`, 256));
    if (level > 3) shapes.push(transfer(`P${level}-up`, 256, 2));
  }
  return merge(...shapes);
}
