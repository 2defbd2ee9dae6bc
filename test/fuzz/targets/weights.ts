/** Weight files of every format. */
import { zipSync } from 'fflate';
import { readCaffeFile } from '../../../src/weights/caffe-file.ts';
import { importModel } from '../../../src/weights/convert-weights.ts';
import { readModel } from '../../../src/weights/model-file.ts';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.ts';
import { readTensors, safetensorsSource } from '../../../src/weights/tensor-file.ts';
import { readTorchFile } from '../../../src/weights/torch-file.ts';
import type { SourceTensors } from '../../../src/weights/weight-source.ts';
import { randomModel } from '../../../support/models/random-model.ts';
import { blob, layerV1, layerV2, legacyBlob, net } from '../../weights/caffe-writer.ts';
import {
  bytes,
  dict,
  global,
  legacyFile,
  pickle,
  storage,
  tensor,
  tuple,
  u64,
} from '../../weights/pickle-writer.ts';
import { encoded, type FuzzTarget, require } from '../target.ts';

/** Checks that every tensor has the elements of its shape. */
function readAll(tensors: SourceTensors): void {
  for (const [name, { shape, read }] of [...tensors].map(([n, t]) => [n, bound(t)] as const)) {
    const count = shape.reduce((product, size) => product * size, 1);
    require(read().length === count, `tensor ${name} of shape [${shape}]`);
  }
}

const bound = (source: { shape: readonly number[]; read(): Float32Array }) => ({
  shape: source.shape,
  read: () => source.read(),
});

function safetensorsFile(): Uint8Array {
  const ones = (size: number) => (target: Uint8Array) => target.fill(60, 0, size);
  return writeSafetensors(
    new Map([
      ['conv.weight', { dtype: 'F32', shape: [3, 2], write: ones(24) }],
      ['conv.half', { dtype: 'F16', shape: [2], write: ones(4) }],
      ['conv.small', { dtype: 'I8', shape: [1, 1, 2, 2], write: ones(4) }],
      ['conv.small.scale', { dtype: 'F32', shape: [2], write: ones(8) }],
      ['conv.empty', { dtype: 'F32', shape: [0, 4], write: () => {} }],
    ]),
    { format: 'pt', note: 'a "note"' },
  );
}

const HEADER_WORDS = [
  ...['"__metadata__"', '"dtype"', '"shape"', '"data_offsets"', '"F32"', '"F64"', '"I8"', '"BF16"'],
  ...['[0,0]', '[0,24]', '[24,0]', '[-8,16]', '[9007199254740991,9007199254740992]', '[1e3,2e3]'],
  ...['"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},', '[4294967296,4294967296]'],
];

/** Bytes preceded by their length, and data for the offsets to refer to. */
function framedHeader(json: Uint8Array): Uint8Array {
  return bytes(u64(json.length), json, new Uint8Array(40));
}

const safetensors: FuzzTarget = {
  name: 'safetensors',
  seeds: () => [safetensorsFile()],
  words: HEADER_WORDS,
  read: (input) => readAll(safetensorsSource(readSafetensors(input))),
};

const safetensorsHeader: FuzzTarget = {
  name: 'safetensors-header',
  seeds() {
    const file = safetensorsFile();
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    return [file.subarray(8, 8 + length)];
  },
  words: HEADER_WORDS,
  read: (input) => readAll(safetensorsSource(readSafetensors(framedHeader(input)))),
};

const modelMetadata: FuzzTarget = {
  name: 'model-metadata',
  seeds() {
    const { config } = randomModel();
    const odd = {
      ...config,
      graphOptions: { tcb: false, resnetVersion: 'v1' },
      decoding: { objectnessThreshold: 0, refineAnchors: false },
    };
    return [config, odd].map((value) => encoded(JSON.stringify(value)));
  },
  words: ['"refinedet512-vgg16"', '"refinedet320-resnet101"', '"preset"', '"anchors"', '"std"'],
  async read(input) {
    const config = new TextDecoder().decode(input);
    const metadata = { format: 'refinedet', formatVersion: '1', config };
    try {
      await readModel(writeSafetensors(new Map(), metadata));
    } catch (error) {
      // A file without tensors cannot be read further than this.
      if ((error as { code?: string }).code !== 'WEIGHTS_MISMATCH') throw error;
    }
  },
};

const FLOATS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

const stateDict = (): Uint8Array => {
  const weights = storage('0', 4);
  return dict(
    ['a.weight', tensor(weights, 0, [2, 2], [2, 1])],
    ['a.transposed', tensor(weights, 0, [2, 2], [1, 2])],
    ['a.bias', tensor(weights, 2, [2], [1])],
    ['epoch', bytes('K', [7])],
    ['nested', bytes('](K', [1], 'K', [2], 'e')],
  );
};

const zipFile = (data: Uint8Array): Uint8Array =>
  zipSync({ 'x/data.pkl': data, 'x/byteorder': bytes('little'), 'x/data/0': FLOATS }, { level: 0 });

/** Opcodes and their arguments. */
const PICKLE_WORDS = [
  ...[
    '(',
    ')',
    '.',
    '0',
    '1',
    '2',
    'N',
    'Q',
    'R',
    ']',
    '}',
    'a',
    'b',
    'd',
    'e',
    'l',
    's',
    't',
    'u',
  ],
  ...[
    '\x85',
    '\x86',
    '\x87',
    '\x88',
    '\x93',
    '\x94',
    'h\0',
    'q\0',
    'j\0\0\0\0',
    'r\xff\xff\xff\xff',
  ],
  global('collections', 'OrderedDict'),
  global('torch._utils', '_rebuild_tensor_v2'),
  global('torch._utils', '_rebuild_parameter'),
  global('torch', 'FloatStorage'),
  global('posix', 'system'),
  tuple(),
  ...[
    bytes('X', [0xff, 0xff, 0xff, 0xff]),
    bytes(0x8e, u64(2n ** 53n)),
    bytes(0x8b, [0, 0, 0, 0x80]),
  ],
  bytes(']'.repeat(3000), 'a'.repeat(2999)),
].map((word) => (typeof word === 'string' ? Uint8Array.from(Buffer.from(word, 'latin1')) : word));

const torchZip: FuzzTarget = {
  name: 'torch-zip',
  seeds: () => [zipFile(pickle(stateDict()))],
  words: ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', 'x/data/0', '../'],
  read: (input) => readAll(readTorchFile(input)),
};

const torchPickle: FuzzTarget = {
  name: 'torch-pickle',
  seeds: () => [pickle(stateDict()), pickle(dict(['state_dict', stateDict()]))],
  words: PICKLE_WORDS,
  read: (input) => readAll(readTorchFile(zipFile(input))),
};

const torchLegacy: FuzzTarget = {
  name: 'torch-legacy',
  seeds: () => [legacyFile(stateDict(), { 0: [1, 2, 3, 4] })],
  words: PICKLE_WORDS,
  read: (input) => readAll(readTorchFile(input)),
};

const caffe: FuzzTarget = {
  name: 'caffe',
  seeds: () => [
    net(
      layerV2('conv1_1', blob([2, 1, 1, 2], [1, 2, 3, 4]), blob([2], [5, 6])),
      layerV2('fc', blob([1, 2], [1, 2], true)),
    ),
    net(layerV1('conv1_1', legacyBlob([1, 1, 2, 2], [1, 2, 3, 4]))),
  ],
  words: ['\x0a\xff\xff\xff\xff\x0f', '\xa2\x06\x80', '\x3a\0', '\x32\0', '\x28\x04'].map((word) =>
    Uint8Array.from(Buffer.from(word, 'latin1')),
  ),
  read: (input) => readAll(readCaffeFile(input)),
};

const imported: FuzzTarget = {
  name: 'import',
  async seeds() {
    const files = [safetensors, torchZip, torchLegacy, caffe].map((target) => target.seeds());
    return (await Promise.all(files)).flat();
  },
  words: [...PICKLE_WORDS, ...HEADER_WORDS, 'conv4_3_norm', 'vgg.0.weight', 'features.0.weight'],
  read(input) {
    readTensors(input);
    try {
      importModel(input, { preset: 'refinedet320-vgg16', classes: ['cat'] });
    } catch (error) {
      // The tensors of the seeds match no layout.
      if ((error as { code?: string }).code !== 'MODEL_FORMAT') throw error;
    }
  },
};

export const WEIGHT_TARGETS: readonly FuzzTarget[] = [
  ...[safetensors, safetensorsHeader, modelMetadata],
  ...[torchZip, torchPickle, torchLegacy, caffe, imported],
];
