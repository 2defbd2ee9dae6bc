/** Attacks on the readers of weight files, each with its error code. */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { RefineDetError } from '../../src/errors.ts';
import { decodeCheckpoint } from '../../src/training/run/checkpoint.ts';
import { readCaffeFile } from '../../src/weights/caffe-file.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { readTorchFile } from '../../src/weights/torch-file.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { blob, bytesField, layerV2, net, numberField } from '../weights/caffe-writer.ts';
import {
  bytes,
  call,
  dict,
  global,
  integer,
  legacyFile,
  NONE,
  pickle,
  storage,
  tensor,
  tuple,
  u64,
  unicode,
} from '../weights/pickle-writer.ts';

async function codeOf(read: () => unknown): Promise<string> {
  try {
    await read();
    return 'none';
  } catch (error) {
    return (error as RefineDetError).code ?? String(error);
  }
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('safetensors', () => {
  const file = (header: string, data = 8) =>
    bytes(u64(Buffer.byteLength(header)), header, new Uint8Array(data));
  const entry = (offsets: string, shape = '[1]') =>
    `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;
  const attacks: [what: string, file: Uint8Array, code: string][] = [
    ['a header of 2^53 bytes', bytes(u64(2n ** 53n), '{}'), 'MODEL_CORRUPT'],
    ['a header of 2^64 - 1 bytes', bytes(u64(2n ** 64n - 1n), '{}'), 'MODEL_CORRUPT'],
    ['a header longer than the file', bytes(u64(1_000_000), '{}'), 'MODEL_CORRUPT'],
    [
      'offsets at 2^53',
      file(`{"a":${entry('[9007199254740988,9007199254740992]')}}`),
      'MODEL_CORRUPT',
    ],
    [
      'sizes whose product overflows',
      file(`{"a":${entry('[0,4]', '[4294967296,4294967296]')}}`),
      'MODEL_CORRUPT',
    ],
    [
      'tensors that overlap',
      file(`{"a":${entry('[0,4]')},"b":${entry('[0,4]')}}`, 4),
      'MODEL_CORRUPT',
    ],
    [
      'tensors that overlap in part',
      file(`{"a":${entry('[0,8]', '[2]')},"b":${entry('[4,8]')}}`),
      'MODEL_CORRUPT',
    ],
    ['a hole between tensors', file(`{"a":${entry('[4,8]')}}`), 'MODEL_CORRUPT'],
    [
      'a name that occurs twice',
      file(`{"a":${entry('[0,4]')},"a":${entry('[4,8]')}}`),
      'MODEL_CORRUPT',
    ],
    ['a deeply nested header', file(`{"a":${nested(100_000)}}`), 'MODEL_CORRUPT'],
    [
      'a type that cannot become text',
      file(`{"a":{"dtype":{"toString":0,"valueOf":0},"shape":[1],"data_offsets":[0,4]}}`),
      'MODEL_FORMAT',
    ],
  ];
  it.each(attacks)('%s', async (_, attack, code) => {
    expect(await codeOf(() => readSafetensors(attack))).toBe(code);
  });

  it('names of properties that every object has are ordinary tensor names', () => {
    const header = `{"__proto__":${entry('[0,4]')},"constructor":${entry('[4,8]')}}`;
    expect([...readSafetensors(file(header)).tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(Object.keys({})).toEqual([]);
  });
});

describe('the description of a model', () => {
  const model = (edit: (json: string) => string) => {
    const config = edit(JSON.stringify(randomModel().config));
    return readModel(
      writeSafetensors(new Map(), { format: 'refinedet', formatVersion: '1', config }),
    );
  };
  it.each([
    [
      'nested deeply',
      (json: string) => json.replace(/"mean":\[[^\]]*\]/, `"mean":${nested(100_000)}`),
    ],
    [
      'nested deeply where any value is allowed',
      (json: string) => json.replace('"note":', `"note":${nested(100)},"x":`),
    ],
    [
      'with a toString that is not a function',
      (json: string) => json.replace('"ant"', '{"toString":0}'),
    ],
    ['truncated', (json: string) => json.slice(0, -1)],
  ])('%s', async (_, edit) => {
    expect(await codeOf(() => model(edit))).toBe('MODEL_METADATA');
  });
});

const FLOATS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const zipped = (root: Uint8Array) =>
  zipSync({ 'x/data.pkl': pickle(root), 'x/data/0': FLOATS }, { level: 0 });
const rebuild = global('torch._utils', '_rebuild_tensor_v2');

function readAll(file: Uint8Array): void {
  for (const source of readTorchFile(file).values()) source.read();
}

describe('files of torch.save', () => {
  const deep = (levels: number) => bytes(']'.repeat(levels), 'a'.repeat(levels - 1));
  const attacks: [what: string, file: Uint8Array, code: string][] = [
    ['a zip bomb', zipSync({ 'x/data.pkl': new Uint8Array(1e7) }, { level: 9 }), 'MODEL_FORMAT'],
    ['a name nested deeply', zipped(bytes(deep(30_000), NONE, 0x93)), 'MODEL_CORRUPT'],
    ['a text of 2^53 bytes', zipped(bytes(0x8d, u64(2n ** 53n))), 'MODEL_CORRUPT'],
    [
      'a storage of 2^31 - 1 elements',
      zipped(dict(['a', tensor(storage('0', 2 ** 31 - 1), 0, [1], [1])])),
      'MODEL_CORRUPT',
    ],
    [
      'an element repeated 2^30 times',
      zipped(dict(['a', tensor(storage('0', 4), 0, [2 ** 30], [0])])),
      'MODEL_CORRUPT',
    ],
    ['a legacy storage with a nested key', legacyWithKey(deep(30_000)), 'MODEL_CORRUPT'],
    [
      'a call of another function',
      zipped(call(global('os', 'system'), unicode('id'))),
      'PICKLE_FORBIDDEN',
    ],
    [
      'a call through attributes',
      zipped(call(global('collections', 'OrderedDict.__init__.__globals__'))),
      'PICKLE_FORBIDDEN',
    ],
  ];
  it.each(attacks)('%s', async (_, attack, code) => {
    expect(await codeOf(() => readAll(attack))).toBe(code);
  });

  it('a tensor keeps its checked shape when the list grows afterwards', () => {
    const shape = bytes(']', '(', integer(2), integer(2), 'e', 'q', [7]);
    const whole = call(rebuild, storage('0', 4), integer(0), shape, tuple(integer(2), integer(1)));
    const grow = bytes('h', [7], integer(1 << 20), 'a', integer(1 << 20), 'a', '0');
    const tensors = readTorchFile(zipped(bytes('}', unicode('a'), whole, 's', grow)));
    expect(tensors.get('a')!.shape).toEqual([2, 2]);
    expect([...tensors.get('a')!.read()]).toEqual([1, 2, 3, 4]);
  });

  it('entries with paths of other folders are only names', () => {
    const entries = { '../../x/data.pkl': pickle(dict()), '/etc/passwd': FLOATS, 'C:\\a': FLOATS };
    expect(() => readTorchFile(zipSync(entries, { level: 0 }))).toThrow('holds no state_dict');
  });
});

describe('zip64 archives', () => {
  const END_BYTES = 22;
  const root = pickle(dict(['a', tensor(storage('0', 4), 0, [4], [1])]));
  const files = { 'x/data.pkl': root, 'x/data/0': FLOATS };
  /** The field for large archives holds the first entry's offset, which is 0. */
  const withEntryAt = (offset: bigint): Uint8Array => {
    const extra = { 1: bytes(u64(offset)) };
    const file = zipSync({ ...files, 'x/data.pkl': [root, { extra }] }, { level: 0 });
    const header = Buffer.from(file.buffer).indexOf('PK\x01\x02');
    file.set([0xff, 0xff, 0xff, 0xff], header + 42);
    return file;
  };
  /** A locator holds the position of the directory's description. */
  const withLocator = (offset?: bigint): Uint8Array => {
    const file = zipSync(files, { level: 0 });
    const end = file.length - END_BYTES;
    const directory = BigInt(new DataView(file.buffer).getUint32(end + 16, true));
    const count = u64(2n);
    const description = bytes('PK\x06\x06', u64(44n), new Uint8Array(12), count, count);
    const size = u64(BigInt(end) - directory);
    const locator = bytes(
      'PK\x06\x07',
      new Uint8Array(4),
      u64(offset ?? BigInt(end)),
      [1, 0, 0, 0],
    );
    const start = file.subarray(0, end);
    return bytes(start, description, size, u64(directory), locator, file.subarray(end));
  };
  it.each([
    ['a valid offset of an entry', withEntryAt(0n), 'none'],
    ['a valid locator', withLocator(), 'none'],
    ['an entry at 2^53', withEntryAt(2n ** 53n), 'MODEL_CORRUPT'],
    ['an entry at 2^53 - 1', withEntryAt(2n ** 53n - 1n), 'MODEL_CORRUPT'],
    ['a locator of 2^53', withLocator(2n ** 53n), 'MODEL_CORRUPT'],
    ['a locator of 2^53 - 1', withLocator(2n ** 53n - 1n), 'MODEL_CORRUPT'],
  ])('%s', async (_, file, code) => {
    expect(await codeOf(() => readAll(file))).toBe(code);
  });
});

/** A legacy file whose list of storages refers to one by some other value. */
function legacyWithKey(key: Uint8Array): Uint8Array {
  const file = legacyFile(dict(), {});
  const keys = pickle('](', 'e');
  return bytes(file.subarray(0, file.length - keys.length), pickle('](', key, 'e'));
}

describe('caffemodel files', () => {
  const attacks: [what: string, file: Uint8Array][] = [
    [
      'a blob of 2^60 elements',
      net(layerV2('a', bytes(bytesField(7, numberField(1, 2n ** 60n)), bytesField(5, FLOATS)))),
    ],
    [
      'a blob of -1 elements',
      net(layerV2('a', bytes(bytesField(7, numberField(1, -1n)), bytesField(5, FLOATS)))),
    ],
    ['a field longer than the file', bytes(net(), [0xa2, 6, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    [
      'a long name that 64 blobs repeat',
      net(layerV2('n'.repeat(100_000), ...Array.from({ length: 64 }, () => blob([0], [])))),
    ],
  ];
  it.each(attacks)('%s', async (_, attack) => {
    expect(await codeOf(() => readCaffeFile(attack))).toBe('MODEL_CORRUPT');
  });
});

describe('checkpoints', () => {
  const tensor = { dtype: 'F32', shape: [1], write: () => {} } as const;
  it.each([
    ['without a state', undefined],
    ['of nothing', 'null'],
    ['of an empty state', '{}'],
    ['nested deeply', `{"history":${nested(100_000)}}`],
    [
      'of an invalid model',
      '{"step":1,"averageUpdates":1,"images":1,"history":[],"config":{},"model":{}}',
    ],
    [
      'of an invalid configuration',
      '{"step":1,"averageUpdates":1,"images":1,"history":[],"config":{"batch":0}}',
    ],
  ])('%s', async (_, state) => {
    const metadata = {
      format: 'refinedet-checkpoint',
      formatVersion: '1',
      ...(state && { state }),
    };
    const file = writeSafetensors(
      new Map([
        ['weights', tensor],
        ['averages', tensor],
      ]),
      metadata,
    );
    expect(await codeOf(() => decodeCheckpoint(file, 'it'))).toBe('CHECKPOINT_MISMATCH');
  });
});
