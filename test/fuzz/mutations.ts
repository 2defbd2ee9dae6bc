/** Changes of an input, as plain records: fast-check draws and shrinks them. */
import fc from 'fast-check';
import { encoded } from './target.ts';

const KINDS = [
  'flip',
  'byte',
  'number',
  'insert',
  'overwrite',
  'token',
  'remove',
  'copy',
  'repeat',
  'cut',
] as const;

/** All numbers are used modulo the size of what they select from. */
export interface Mutation {
  kind: (typeof KINDS)[number];
  /** Position in the input, in 2^-20 of its length. */
  at: number;
  /** Position in the input to copy a piece from, in the same unit. */
  from: number;
  size: number;
  value: number;
}

export interface Draft {
  /** Indices of the corpus inputs to change and to copy from. */
  base: number;
  other: number;
  mutations: readonly Mutation[];
}

const POSITIONS = 2 ** 20;
/** Largest size to which inputs grow by repetition and copies. */
const MAX_BYTES = 2 ** 17;

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.nat(POSITIONS - 1),
  from: fc.nat(POSITIONS - 1),
  size: fc.oneof(fc.nat(8), fc.nat(64), fc.nat(1000)),
  value: fc.nat(0xffff),
});

export const draft: fc.Arbitrary<Draft> = fc.record({
  base: fc.nat(0xffff),
  other: fc.nat(0xffff),
  // One or two changes leave most of an input valid, so the parser reads further.
  mutations: fc.oneof(
    fc.array(mutation, { minLength: 1, maxLength: 2 }),
    fc.array(mutation, { minLength: 1, maxLength: 8 }),
  ),
});

/** Sizes that often break readers. */
const EXTREMES = [
  ...[0n, 1n, 2n ** 7n, 2n ** 8n - 1n, 2n ** 15n, 2n ** 16n - 1n, 2n ** 24n],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
];

/** Texts that are invalid, or too much, in most places. */
const WORDS = [
  ...['0', '-1', '1e999', '-1e300', '0.5', '2147483648', '4294967295', '9007199254740993'],
  ...['NaN', 'null', 'true', '""', '[]', '{}', '[0]', '{"a":1}', '__proto__', 'constructor'],
  ...['{"toString":0,"valueOf":0}', '{"__proto__":{"polluted":1}}', '"__proto__":{"polluted":1},'],
  ...['[', ']', '{', '}', '"', '\\', ',', ':', '\n', '\0', '\ufeff', '\u2028', '🦊', '\ud800'],
  ...['[['.repeat(60), '{"a":'.repeat(40), '['.repeat(20_000), '[0]'.repeat(300)],
  ...['../', '../../../../../../etc/passwd', '/etc/passwd', 'C:\\a', '..\\..\\a', '//host/a'],
].map(encoded);

/** The input that a draft describes. */
export function applied(
  { base, other, mutations }: Draft,
  corpus: readonly Uint8Array[],
  words: readonly (string | Uint8Array)[],
): Uint8Array {
  const source = corpus[other % corpus.length];
  const own = words.map((word) => (typeof word === 'string' ? encoded(word) : word));
  // A target's own words are as likely as all the common ones together.
  const dictionary = [...WORDS, ...repeated(own, WORDS.length)];
  return mutations.reduce(
    (bytes, change) => mutated(bytes, change, source, dictionary).subarray(0, MAX_BYTES),
    corpus[base % corpus.length],
  );
}

function repeated<T>(items: readonly T[], length: number): T[] {
  return items.length === 0 ? [] : Array.from({ length }, (_, i) => items[i % items.length]);
}

function mutated(
  bytes: Uint8Array,
  { kind, at, from, size, value }: Mutation,
  source: Uint8Array,
  dictionary: readonly Uint8Array[],
): Uint8Array {
  const place = Math.floor((at / POSITIONS) * (bytes.length + 1));
  const word = dictionary[value % dictionary.length];
  switch (kind) {
    case 'flip':
      return splice(bytes, place, 1, Uint8Array.of((bytes[place] ?? 0) ^ (1 << (value & 7))));
    case 'byte':
      return splice(bytes, place, 1, Uint8Array.of(value & 0xff));
    case 'number': {
      const number = extreme(value, size, bytes.length);
      return splice(bytes, place, number.length, number);
    }
    case 'insert':
      return splice(bytes, place, 0, word);
    case 'overwrite':
      return splice(bytes, place, word.length, word);
    case 'token': {
      const [start, end] = token(bytes, place);
      return splice(bytes, start, end - start, word);
    }
    case 'remove':
      return splice(bytes, place, 1 + size, new Uint8Array());
    case 'copy': {
      const start = Math.floor((from / POSITIONS) * source.length);
      return splice(bytes, place, value % 2 ? size : 0, source.subarray(start, start + 1 + size));
    }
    case 'repeat': {
      const piece = bytes.subarray(place, place + 1 + size);
      const times = Math.min(2 ** (value % 15), MAX_BYTES / (piece.length + 1));
      const copies = new Uint8Array(piece.length * Math.floor(times));
      for (let start = 0; start < copies.length; start += piece.length) copies.set(piece, start);
      return splice(bytes, place, 0, copies);
    }
    case 'cut':
      return bytes.subarray(0, place);
  }
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const head = bytes.subarray(0, at);
  const tail = bytes.subarray(Math.min(at + remove, bytes.length));
  const out = new Uint8Array(head.length + insert.length + tail.length);
  out.set(head);
  out.set(insert, head.length);
  out.set(tail, head.length + insert.length);
  return out;
}

/** A large number, or one about the length of the input, of 1, 2, 4 or 8 bytes in either order. */
function extreme(value: number, size: number, length: number): Uint8Array {
  const near = [-1n, 0n, 1n].map((step) => BigInt(length) + step);
  const numbers = [...EXTREMES, ...near];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, numbers[value % numbers.length], true);
  const number = bytes.slice(0, 2 ** (size % 4));
  return value & 0x8000 ? number.reverse() : number;
}

/** The next number, word or quoted text after a position. */
function token(bytes: Uint8Array, place: number): [start: number, end: number] {
  const isPart = (byte: number) =>
    byte > 0x2a && !'/:;<=>?,[]{}'.includes(String.fromCharCode(byte));
  let start = place;
  while (start < bytes.length && !isPart(bytes[start])) start++;
  let end = start;
  while (end < bytes.length && isPart(bytes[end])) end++;
  const quoted = bytes[start - 1] === 0x22 && bytes[end] === 0x22;
  return quoted ? [start - 1, end + 1] : [start, end];
}
