/** Assembles pickles opcode by opcode, for files that no Python would write. */

const text = new TextEncoder();

export function bytes(...parts: (number | string | Uint8Array | number[])[]): Uint8Array {
  const arrays = parts.map((part) => {
    if (typeof part === 'number') return Uint8Array.of(part);
    if (part instanceof Uint8Array) return part;
    return typeof part === 'string' ? text.encode(part) : Uint8Array.from(part);
  });
  const out = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

export function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

export function u64(value: number | bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}

/** A complete pickle of protocol 2. */
export const pickle = (...parts: Parameters<typeof bytes>) => bytes(0x80, 2, ...parts, '.');
export const unicode = (value: string) => bytes('X', u32(text.encode(value).length), value);
export const integer = (value: number) => bytes('J', u32(value));
export const global = (module: string, attribute: string) => bytes(`c${module}\n${attribute}\n`);
export const tuple = (...items: Uint8Array[]) => bytes('(', ...items, 't');
export const call = (callee: Uint8Array, ...args: Uint8Array[]) =>
  bytes(callee, tuple(...args), 'R');
export const dict = (...pairs: [string, Uint8Array][]) =>
  bytes('}(', ...pairs.flatMap(([key, value]) => [unicode(key), value]), 'u');
export const NONE = bytes('N');

/** The persistent id of a FloatStorage. */
export function storage(key: string, count: number, view: Uint8Array = NONE): Uint8Array {
  const id = [unicode('storage'), global('torch', 'FloatStorage'), unicode(key), unicode('cpu')];
  return bytes(tuple(...id, integer(count), view), 'Q');
}

export function tensor(source: Uint8Array, offset: number, shape: number[], strides: number[]) {
  const sizes = (values: number[]) => tuple(...values.map(integer));
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    source,
    integer(offset),
    sizes(shape),
    sizes(strides),
    bytes(0x89),
    call(global('collections', 'OrderedDict')),
  );
}

const MAGIC = pickle(0x8a, 10, [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

/** A file of torch before 1.6 with float32 storages. */
export function legacyFile(root: Uint8Array, storages: Record<string, ArrayLike<number>>) {
  const keys = Object.keys(storages).map(unicode);
  return bytes(
    MAGIC,
    pickle('M', [0xe9, 0x03]),
    pickle(dict(['little_endian', bytes(0x88)])),
    pickle(root),
    pickle('](', ...keys, 'e'),
    ...Object.values(storages).map((values) =>
      bytes(u64(values.length), new Uint8Array(Float32Array.from(values).buffer)),
    ),
  );
}
