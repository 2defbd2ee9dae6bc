/** Messages of an ONNX file, field by field as in onnx.proto of the ONNX specification. */
import { bytesField, type Message, numberField } from '../../weights/protobuf-writer.ts';

/** TensorProto.DataType */
export const DATA_TYPE = { float32: 1, int64: 7, float16: 10 } as const;
export type DataType = keyof typeof DATA_TYPE;

const ITEM_BYTES: Record<DataType, number> = { float32: 4, int64: 8, float16: 2 };

/** A size, or the name of one that is known only when the model runs. */
export type Dimension = number | string;

/** Integers, lists of integers and strings: all that the operators in use take. */
type Attribute = number | readonly number[] | string;
export type Attributes = Readonly<Record<string, Attribute>>;

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { int: 2, string: 3, ints: 7 } as const;

/** NodeProto; its name is that of its output. */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes,
): Message {
  return [
    ...inputs.flatMap((input) => bytesField(1, input)),
    ...bytesField(2, output),
    ...bytesField(3, output),
    ...bytesField(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => bytesField(5, attribute(name, value))),
  ];
}

/** AttributeProto */
function attribute(name: string, value: Attribute): Message {
  const head = bytesField(1, name);
  if (typeof value === 'number') {
    return [...head, ...numberField(3, value), ...numberField(20, ATTRIBUTE_TYPE.int)];
  }
  if (typeof value === 'string') {
    return [...head, ...bytesField(4, value), ...numberField(20, ATTRIBUTE_TYPE.string)];
  }
  const ints = value.flatMap((item) => numberField(8, item));
  return [...head, ...ints, ...numberField(20, ATTRIBUTE_TYPE.ints)];
}

/** TensorProto. @param make the elements, in an array of that type */
export function tensor(
  name: string,
  type: DataType,
  shape: readonly number[],
  make: () => ArrayBufferView,
): Message {
  const length = shape.reduce((product, size) => product * size, ITEM_BYTES[type]);
  const bytes = () => {
    const { buffer, byteOffset, byteLength } = make();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return [
    ...shape.flatMap((size) => numberField(1, size)),
    ...numberField(2, DATA_TYPE[type]),
    ...bytesField(8, name),
    ...bytesField(9, [{ length, make: bytes }]),
  ];
}

/** ValueInfoProto of a float32 tensor. */
export function valueInfo(name: string, shape: readonly Dimension[]): Message {
  const dimensions = shape.flatMap((size) =>
    bytesField(1, typeof size === 'number' ? numberField(1, size) : bytesField(2, size)),
  );
  const tensorType = [...numberField(1, DATA_TYPE.float32), ...bytesField(2, dimensions)];
  return [...bytesField(1, name), ...bytesField(2, bytesField(1, tensorType))];
}

export interface OnnxGraph {
  name: string;
  nodes: readonly Message[];
  initializers: readonly Message[];
  inputs: readonly Message[];
  outputs: readonly Message[];
}

/** ModelProto. @param metadata strings that runtimes show to their users */
export function modelProto(
  { name, nodes, initializers, inputs, outputs }: OnnxGraph,
  versions: { ir: number; opset: number },
  metadata: Readonly<Record<string, string>>,
): Message {
  const graph = [
    ...nodes.flatMap((message) => bytesField(1, message)),
    ...bytesField(2, name),
    ...initializers.flatMap((message) => bytesField(5, message)),
    ...inputs.flatMap((message) => bytesField(11, message)),
    ...outputs.flatMap((message) => bytesField(12, message)),
  ];
  return [
    ...numberField(1, versions.ir),
    ...bytesField(2, 'refinedet'),
    ...bytesField(7, graph),
    ...bytesField(8, numberField(2, versions.opset)),
    ...Object.entries(metadata).flatMap(([key, value]) =>
      bytesField(14, [...bytesField(1, key), ...bytesField(2, value)]),
    ),
  ];
}
