/** Parameter blocks in the heap: numbers one after the other, as in an unmanaged class of assembly/. */
import type { Heap } from './heap.ts';

/** Names and types in memory order; every f64 must come where its address is a multiple of 8. */
export type Fields = Record<string, keyof typeof ACCESS>;
export type FieldValues<T extends Fields> = Record<keyof T, number>;

interface Access {
  bytes: number;
  get(view: DataView, at: number): number;
  set(view: DataView, at: number, value: number): void;
}

const ACCESS = {
  i32: {
    bytes: 4,
    get: (view, at) => view.getInt32(at, true),
    set: (view, at, value) => view.setInt32(at, value, true),
  },
  f32: {
    bytes: 4,
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, value) => view.setFloat32(at, value, true),
  },
  f64: {
    bytes: 8,
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, value) => view.setFloat64(at, value, true),
  },
} satisfies Record<string, Access>;

/** Writes all fields; 0 where no value is given. */
export function writeFields<T extends Fields>(
  heap: Heap,
  pointer: number,
  fields: T,
  values: Partial<FieldValues<T>>,
): void {
  const view = new DataView(heap.memory.buffer, pointer);
  let at = 0;
  for (const [name, type] of Object.entries(fields)) {
    ACCESS[type].set(view, at, values[name] ?? 0);
    at += ACCESS[type].bytes;
  }
}

export function readFields<T extends Fields>(
  heap: Heap,
  pointer: number,
  fields: T,
): FieldValues<T> {
  const view = new DataView(heap.memory.buffer, pointer);
  const values: Record<string, number> = {};
  let at = 0;
  for (const [name, type] of Object.entries(fields)) {
    values[name] = ACCESS[type].get(view, at);
    at += ACCESS[type].bytes;
  }
  return values as FieldValues<T>;
}
