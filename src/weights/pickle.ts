/**
 * Reads pickles without running anything. It knows the opcodes of plain data; an allow list decides
 * what else a pickle may refer to. Protocols 2 to 5.
 *
 * dict → Map, list and tuple → array, bytes → Uint8Array, None → null, int → number or bigint.
 * Values are built without recursion and never walked here, so deep or cyclic ones do no harm.
 */
import { RefineDetError } from '../errors.ts';
import { type ByteReader, corrupt, quote } from './byte-reader.ts';

export interface PickleEnvironment {
  /** `module.attr` → a function that builds a value, or a constant. Nothing else exists. */
  globals: ReadonlyMap<string, unknown>;
  /** Resolves a persistent id: data kept outside the pickle. */
  persistentLoad(id: unknown): unknown;
}

/**
 * A state_dict of 1,000 tensors takes about 60,000; each may cost some 100 bytes of memory. Every item
 * of a list that a function is called with counts as one.
 */
const MAX_OPERATIONS = 1_000_000;
/** Longest integer: torch's magic number has 10 bytes. */
const MAX_INTEGER_BYTES = 16;

/**
 * Reads one pickle at the reader's position.
 * @throws PICKLE_FORBIDDEN for a reference outside the allow list; MODEL_CORRUPT
 */
export function unpickle(reader: ByteReader, environment: PickleEnvironment): unknown {
  const machine = new Machine(reader, environment);
  for (;;) {
    machine.spend(1);
    const opcode = reader.u8();
    if (opcode === STOP) return machine.pop();
    const operation = OPERATIONS.get(opcode);
    if (!operation) throw corrupt(`the pickle has the unknown opcode 0x${opcode.toString(16)}`);
    operation(machine);
  }
}

class Machine {
  readonly reader: ByteReader;
  readonly environment: PickleEnvironment;
  readonly memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  /** Stacks that a MARK has set aside. */
  readonly #outer: unknown[][] = [];
  #operations = 0;

  constructor(reader: ByteReader, environment: PickleEnvironment) {
    this.reader = reader;
    this.environment = environment;
  }

  spend(operations: number): void {
    this.#operations += operations;
    if (this.#operations <= MAX_OPERATIONS) return;
    throw corrupt(`the pickle has more than ${MAX_OPERATIONS} operations`);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    this.#requireValue();
    return this.#stack.pop();
  }

  get top(): unknown {
    this.#requireValue();
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  /** Removes and returns the values since the last MARK. */
  popMark(): unknown[] {
    const values = this.#stack;
    const outer = this.#outer.pop();
    if (!outer) throw corrupt('the pickle closes a mark that it never set');
    this.#stack = outer;
    return values;
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw corrupt(`the pickle recalls the unset memo ${index}`);
    this.push(this.memo.get(index));
  }

  pushGlobal(module: string, attribute: string): void {
    const name = `${module}.${attribute}`;
    if (!this.environment.globals.has(name)) throw forbidden(name);
    this.push(this.environment.globals.get(name));
  }

  /** Calls a function of the allow list; a pickle cannot define others. */
  reduce(): void {
    const argumentList = this.pop();
    const callee = this.pop();
    if (typeof callee !== 'function' || !Array.isArray(argumentList)) {
      throw corrupt('the pickle calls something that is not a function');
    }
    const given: unknown[] = argumentList.slice(0, MAX_ARGUMENTS);
    for (const argument of given) if (Array.isArray(argument)) this.spend(argument.length);
    this.push(callee(...given));
  }

  setItems(pairs: unknown[]): void {
    const target = this.top;
    if (!(target instanceof Map) || pairs.length % 2 !== 0) {
      throw corrupt('the pickle stores items in something that is not a dict');
    }
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  append(values: unknown[]): void {
    const target = this.top;
    if (!Array.isArray(target)) throw corrupt('the pickle appends to something that is not a list');
    for (const value of values) target.push(value);
  }

  /** Skips attributes, such as the `_metadata` of a state_dict's OrderedDict: they are not needed. */
  build(): void {
    this.pop();
    if (!(this.top instanceof Map)) throw corrupt('the pickle sets attributes of a plain value');
  }

  #requireValue(): void {
    if (this.#stack.length === 0) throw corrupt('the pickle takes a value from an empty stack');
  }
}

/** None of the allowed functions takes more. */
const MAX_ARGUMENTS = 8;

function forbidden(name: string): RefineDetError {
  return new RefineDetError(
    'PICKLE_FORBIDDEN',
    `the pickle refers to ${quote(name).slice(1, -1)}, which a state_dict does not need; nothing was run`,
  );
}

/** Decodes two's complement, little-endian. */
function integer(bytes: Uint8Array): number | bigint {
  if (bytes.length > MAX_INTEGER_BYTES) throw corrupt('the pickle holds an oversized integer');
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function tuple(size: number): (m: Machine) => void {
  return (m) => {
    const values: unknown[] = [];
    for (let i = 0; i < size; i++) values.unshift(m.pop());
    m.push(values);
  };
}

/** Python 2 wrote its byte strings where tensor names are expected. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function dict(m: Machine, pairs: unknown[]): void {
  m.push(new Map());
  m.setItems(pairs);
}

const STOP = 0x2e;

const OPERATIONS = new Map<number, (m: Machine) => void>([
  // Framing
  [0x80, (m) => m.reader.u8()], // PROTO
  [0x95, (m) => m.reader.u64()], // FRAME
  // Constants and numbers
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.reader.i32())], // BININT
  [0x4b, (m) => m.push(m.reader.u8())], // BININT1
  [0x4d, (m) => m.push(m.reader.u16())], // BININT2
  [0x8a, (m) => m.push(integer(m.reader.take(m.reader.u8())))], // LONG1
  [0x8b, (m) => m.push(integer(m.reader.take(m.reader.u32())))], // LONG4
  [0x47, (m) => m.push(m.reader.f64BigEndian())], // BINFLOAT
  // Text and bytes
  [0x58, (m) => m.push(m.reader.utf8(m.reader.u32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.reader.utf8(m.reader.u8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.reader.utf8(m.reader.u64()))], // BINUNICODE8
  [0x54, (m) => m.push(latin1(m.reader.take(m.reader.u32())))], // BINSTRING
  [0x55, (m) => m.push(latin1(m.reader.take(m.reader.u8())))], // SHORT_BINSTRING
  [0x42, (m) => m.push(m.reader.take(m.reader.u32()))], // BINBYTES
  [0x43, (m) => m.push(m.reader.take(m.reader.u8()))], // SHORT_BINBYTES
  [0x8e, (m) => m.push(m.reader.take(m.reader.u64()))], // BINBYTES8
  // Lists, tuples, dicts
  [0x28, (m) => m.mark()], // MARK
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x6c, (m) => m.push(m.popMark())], // LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x74, (m) => m.push(m.popMark())], // TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, (m) => dict(m, m.popMark())], // DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS
  // Stack and memo
  [0x30, (m) => m.pop()], // POP
  [0x31, (m) => m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top)], // DUP
  [0x71, (m) => m.memo.set(m.reader.u8(), m.top)], // BINPUT
  [0x72, (m) => m.memo.set(m.reader.u32(), m.top)], // LONG_BINPUT
  [0x94, (m) => m.memo.set(m.memo.size, m.top)], // MEMOIZE
  [0x68, (m) => m.recall(m.reader.u8())], // BINGET
  [0x6a, (m) => m.recall(m.reader.u32())], // LONG_BINGET
  // References
  [0x63, (m) => m.pushGlobal(m.reader.line(), m.reader.line())], // GLOBAL
  [
    0x93, // STACK_GLOBAL
    (m) => {
      const attribute = m.pop();
      const module = m.pop();
      if (typeof module !== 'string' || typeof attribute !== 'string') {
        throw corrupt('the pickle refers to a type by something that is not text');
      }
      m.pushGlobal(module, attribute);
    },
  ],
  [0x52, (m) => m.reduce()], // REDUCE
  [0x62, (m) => m.build()], // BUILD
  [0x51, (m) => m.push(m.environment.persistentLoad(m.pop()))], // BINPERSID
]);
