/** Reads and writes records in the heap: unmanaged classes of assembly/, laid out in generated/abi.ts. */
import type { Heap } from './heap.ts';

/** Size of a record, and name, type and byte offset of each field. */
export interface RecordLayout {
  readonly bytes: number;
  readonly fields: readonly (readonly [name: string, type: keyof typeof ACCESS, offset: number])[];
}

/** Values of a record: a number for every field. */
export type RecordValues<L extends RecordLayout> = Record<L['fields'][number][0], number>;

interface Access {
  get(view: DataView, at: number): number;
  set(view: DataView, at: number, value: number): void;
}

const ACCESS = {
  i32: {
    get: (view, at) => view.getInt32(at, true),
    set: (view, at, value) => view.setInt32(at, value, true),
  },
  u32: {
    get: (view, at) => view.getUint32(at, true),
    set: (view, at, value) => view.setUint32(at, value, true),
  },
  f32: {
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, value) => view.setFloat32(at, value, true),
  },
  f64: {
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, value) => view.setFloat64(at, value, true),
  },
} satisfies Record<string, Access>;

/** Writes all fields; integers wrap around. */
export function writeRecord<L extends RecordLayout>(
  heap: Heap,
  pointer: number,
  { bytes, fields }: L,
  values: RecordValues<L>,
): void {
  const view = new DataView(heap.memory.buffer, pointer, bytes);
  for (const [name, type, offset] of fields) {
    ACCESS[type].set(view, offset, values[name as keyof typeof values]);
  }
}

export function readRecord<L extends RecordLayout>(
  heap: Heap,
  pointer: number,
  { bytes, fields }: L,
): RecordValues<L> {
  const view = new DataView(heap.memory.buffer, pointer, bytes);
  const values = fields.map(([name, type, offset]) => [name, ACCESS[type].get(view, offset)]);
  return Object.fromEntries(values) as RecordValues<L>;
}
