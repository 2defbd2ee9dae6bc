/** What the pickle of a state_dict may refer to: dicts, storages and the functions that view them. */
import { corrupt, quote } from './byte-reader.ts';
import { type DType, ITEM_SIZE, toFloat32 } from './dtype.ts';
import type { PickleEnvironment } from './pickle.ts';
import {
  elementCount,
  gather,
  isSizes,
  rowMajorStrides,
  type SourceTensor,
} from './weight-source.ts';

/** The elements a tensor views; the legacy format stores them behind the pickle. */
export interface Storage {
  dtype: DType;
  /** Number of elements. */
  count: number;
  bytes?: Uint8Array;
}

/** A part of a storage, as old versions of torch pickled views. */
class StorageView {
  readonly storage: Storage;
  readonly offset: number;

  constructor(storage: Storage, offset = 0) {
    this.storage = storage;
    this.offset = offset;
  }
}

/** A storage class, e.g. torch.FloatStorage. */
class StorageType {
  readonly dtype: DType;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }
}

/** A tensor of the pickle. Strides and offset are in elements. */
export class TorchTensor implements SourceTensor {
  readonly shape: readonly number[];
  readonly #storage: Storage;
  readonly #offset: number;
  readonly #strides: readonly number[];
  /** Elements of the storage from the first to the last one used. */
  readonly #span: number;

  constructor(view: unknown, offset: unknown, shape: unknown, strides: unknown) {
    const count = elementCount(shape);
    if (!(view instanceof StorageView) || count === undefined || !isSizes(shape)) {
      throw corrupt('the pickle describes a tensor without a storage or a valid shape');
    }
    if (!isSizes(strides) || strides.length !== shape.length || !isSizes([offset])) {
      throw corrupt('the pickle describes a tensor with invalid strides');
    }
    // Copies: what follows in the pickle may still change its lists.
    this.shape = [...shape];
    this.#strides = [...strides];
    this.#storage = view.storage;
    this.#offset = view.offset + (offset as number);
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 0);
    this.#span = count === 0 ? 0 : last + 1;
    // The second condition refuses expanded tensors, whose elements outnumber the stored ones.
    if (this.#offset + this.#span > view.storage.count || count > view.storage.count) {
      throw corrupt(
        `a tensor of shape [${shape}] exceeds its storage of ${view.storage.count} elements`,
      );
    }
  }

  read(): Float32Array {
    const { dtype, bytes, count } = this.#storage;
    const itemSize = ITEM_SIZE[dtype];
    if (bytes?.length !== count * itemSize) throw corrupt('the file lacks a storage of the pickle');
    const begin = this.#offset * itemSize;
    const elements = toFloat32(bytes.subarray(begin, begin + this.#span * itemSize), dtype);
    const inPlace = this.#span === 0 || this.#contiguous;
    return inPlace ? elements : gather(elements, this.shape, this.#strides);
  }

  /** The stride of an axis of size 1 is never used. */
  get #contiguous(): boolean {
    const rowMajor = rowMajorStrides(this.shape);
    return this.shape.every((size, axis) => size === 1 || this.#strides[axis] === rowMajor[axis]);
  }
}

const STORAGE_CLASSES: Record<string, DType> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  UntypedStorage: 'U8',
};

/** @param pairs Python 2 pickled an OrderedDict with its items */
function orderedDict(pairs: unknown = []): Map<unknown, unknown> {
  if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    return new Map(pairs);
  }
  throw corrupt('the pickle fills an OrderedDict with something that is not pairs');
}

function rebuildTensor(view: unknown, offset: unknown, shape: unknown, strides: unknown) {
  return new TorchTensor(view, offset, shape, strides);
}

const GLOBALS = new Map<string, unknown>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', (tensor: unknown) => tensor],
]);
for (const [name, dtype] of Object.entries(STORAGE_CLASSES)) {
  const type = new StorageType(dtype);
  for (const module of ['torch', 'torch.cuda', 'torch.storage']) {
    GLOBALS.set(`${module}.${name}`, type);
  }
}

/**
 * Environment of a torch pickle.
 * @param openStorage called once per storage key
 */
export function torchEnvironment(
  openStorage: (key: string, dtype: DType, count: number) => Storage,
): PickleEnvironment {
  const storages = new Map<string, Storage>();
  return {
    globals: GLOBALS,
    // ('storage', class, key, device, element count, and in the legacy format a view or None)
    persistentLoad(id) {
      const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
      if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string') {
        throw corrupt('the pickle refers to external data that is not a storage');
      }
      if (elementCount([count, ITEM_SIZE[type.dtype]]) === undefined) {
        throw corrupt(`the storage ${quote(key)} has no valid size`);
      }
      let storage = storages.get(key);
      if (!storage) {
        storage = openStorage(key, type.dtype, count);
        storages.set(key, storage);
      }
      return new StorageView(storage, viewOffset(view));
    },
  };
}

/** (key of the view, offset, size), or None. */
function viewOffset(view: unknown): number {
  if (view === undefined || view === null) return 0;
  if (!Array.isArray(view) || !isSizes([view[1]])) throw corrupt('a storage view is damaged');
  return view[1];
}
