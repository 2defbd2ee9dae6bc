/**
 * Reads the tensors of a PyTorch checkpoint: a state_dict saved by torch.save, in the zip format of
 * torch 1.6 and later or the format before it. Nothing in the file is executed.
 */
import { listed, RefineDetError } from '../errors.ts';
import { show } from '../option-checks.ts';
import { ByteReader, corrupt, quote, requireBytes } from './byte-reader.ts';
import { ITEM_SIZE } from './dtype.ts';
import { unpickle } from './pickle.ts';
import { type Storage, TorchTensor, torchEnvironment } from './torch-objects.ts';
import type { SourceTensors } from './weight-source.ts';
import { isZip, readZip } from './zip.ts';

/** First pickle of a legacy file. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
/** Opcode PROTO, with which every pickle since protocol 2 begins. */
const PICKLE_START = 0x80;
/** Keys under which training scripts keep the weights, those of a running mean last. */
const WEIGHT_KEYS = [
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'weights'],
  ...['module', 'params', 'model_ema', 'ema'],
];
/** Wrappers nest: `{ model: { state_dict: … } }`. */
const MAX_NESTING = 4;

/** Whether the bytes begin like a file of torch.save, in either format. */
export function isTorchFile(bytes: Uint8Array): boolean {
  return bytes[0] === PICKLE_START || isZip(bytes);
}

/**
 * Opens tensors by name, lazily read, of the state_dict at the top or in a wrapper; without the prefixes
 * that wrappers put before every name.
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT, PICKLE_FORBIDDEN
 */
export function readTorchFile(bytes: Uint8Array): SourceTensors {
  requireBytes(bytes);
  if (!isTorchFile(bytes)) {
    throw new RefineDetError('MODEL_FORMAT', 'the file was not written by torch.save');
  }
  return stateDict(isZip(bytes) ? readZipFormat(bytes) : readLegacyFormat(bytes));
}

function readZipFormat(bytes: Uint8Array): unknown {
  const entries = readZip(bytes);
  const pickleName = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickleName === undefined) {
    throw new RefineDetError('MODEL_FORMAT', 'the zip archive has no data.pkl of torch.save');
  }
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder && new TextDecoder().decode(byteOrder) !== 'little') throw bigEndian();
  const environment = torchEnvironment((key, dtype, count) => {
    const data = entries.get(`${folder}data/${key}`);
    if (data?.length !== count * ITEM_SIZE[dtype]) {
      throw corrupt(`the storage ${quote(key)} is missing or has a wrong size`);
    }
    return { dtype, count, bytes: data };
  });
  return unpickle(new ByteReader(entries.get(pickleName)!, 'the pickle'), environment);
}

/** Magic number, protocol, system information, data, storage keys, then the storages. */
function readLegacyFormat(bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes, 'the torch file');
  const storages = new Map<string, Storage>();
  const environment = torchEnvironment((key, dtype, count) => {
    const storage: Storage = { dtype, count };
    storages.set(key, storage);
    return storage;
  });
  const next = () => unpickle(reader, environment);
  if (next() !== LEGACY_MAGIC || next() !== LEGACY_PROTOCOL) {
    throw new RefineDetError('MODEL_FORMAT', 'the file is a pickle but not one of torch.save');
  }
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false) throw bigEndian();
  const data = next();
  const keys = next();
  if (!Array.isArray(keys)) throw corrupt('the torch file has no list of storages');
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw corrupt(`the torch file has the unknown storage ${show(key)}`);
    const count = reader.u64();
    if (count !== storage.count) throw corrupt(`the storage ${quote(key)} has a wrong size`);
    storage.bytes = reader.take(count * ITEM_SIZE[storage.dtype]);
  }
  return data;
}

function bigEndian(): RefineDetError {
  return new RefineDetError('MODEL_FORMAT', 'the torch file has big-endian tensors');
}

/**
 * The tensors of a state_dict, at the top or in wrappers. A tensor or two beside it (a loss, a
 * counter) make no state_dict: of all candidates that hold the most, the first by its key counts.
 */
function stateDict(root: unknown): SourceTensors {
  const candidates = [...dictsOf(root, MAX_NESTING)].map(tensorsOf);
  const most = Math.max(0, ...candidates.map(({ length }) => length));
  const found = candidates.find(({ length }) => length > 0 && length === most);
  if (found) return withoutPrefix(new Map(found));
  const keys = root instanceof Map ? [...root.keys()].filter((key) => typeof key === 'string') : [];
  const list = keys.length > 0 ? `; its keys are ${listed(keys.map(quote))}` : '';
  throw new RefineDetError('MODEL_FORMAT', `the torch file holds no state_dict${list}`);
}

/** A dict and those that it holds under keys for weights. */
function* dictsOf(dict: unknown, depth: number): Generator<ReadonlyMap<unknown, unknown>> {
  if (!(dict instanceof Map) || depth === 0) return;
  yield dict;
  for (const key of WEIGHT_KEYS) yield* dictsOf(dict.get(key), depth - 1);
}

/** What wrappers put before every name: DataParallel, Lightning, torch.compile, moving averages. */
const PREFIX = /^(?:module|model|net|network|_orig_mod|ema_model|ema)\./;

/** Names without the wrappers' prefixes, as far as all tensors have them. */
export function withoutPrefix(tensors: SourceTensors): SourceTensors {
  const [first = ''] = tensors.keys();
  const prefix = PREFIX.exec(first)?.[0];
  if (!prefix || ![...tensors.keys()].every((name) => name.startsWith(prefix))) return tensors;
  const rest = [...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor] as const);
  return withoutPrefix(new Map(rest));
}

/** Entries that are not tensors (epochs, optimizer settings) are ignored. */
function tensorsOf(dict: ReadonlyMap<unknown, unknown>): [string, TorchTensor][] {
  return [...dict].filter(
    (entry): entry is [string, TorchTensor] =>
      typeof entry[0] === 'string' && entry[1] instanceof TorchTensor,
  );
}
