/** Collects the nodes and constants of an ONNX graph; every method returns the name of its value. */
import { encodeFloat16 } from '../../weights/half.ts';
import type { Message } from '../../weights/protobuf-writer.ts';
import { type Attributes, DATA_TYPE, node, tensor } from './messages.ts';

export class GraphWriter {
  readonly nodes: Message[] = [];
  readonly #constants = new Map<string, Message>();
  readonly #halfKernels: boolean;

  /** @param halfKernels store the weights of convolutions as float16; computing stays float32 */
  constructor(halfKernels: boolean) {
    this.#halfKernels = halfKernels;
  }

  get initializers(): Message[] {
    return [...this.#constants.values()];
  }

  /** @param output name of the value, and of the node */
  node(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): string {
    this.nodes.push(node(op, inputs, output, attributes));
    return output;
  }

  /** Adds the weights of a convolution. */
  kernel(name: string, shape: readonly number[], make: () => Float32Array): string {
    if (!this.#halfKernels) return this.floats(name, shape, make);
    const stored = `${name}.half`;
    this.#constants.set(
      stored,
      tensor(stored, 'float16', shape, () => toHalf(make())),
    );
    return this.node('Cast', [stored], name, { to: DATA_TYPE.float32 });
  }

  floats(name: string, shape: readonly number[], make: () => Float32Array): string {
    this.#constants.set(name, tensor(name, 'float32', shape, make));
    return name;
  }

  /** Adds sizes or axes. */
  integers(name: string, values: readonly number[]): string {
    const make = () => BigInt64Array.from(values, BigInt);
    this.#constants.set(name, tensor(name, 'int64', [values.length], make));
    return name;
  }
}

function toHalf(values: Float32Array): Uint16Array {
  const half = new Uint16Array(values.length);
  encodeFloat16(values, half);
  return half;
}
