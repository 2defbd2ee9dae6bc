/** Collects layer records; every method appends one and returns its name, the input of later ones. */
import type { HeadMap } from '../heads.ts';
import type { Activation, ConvLayer, DepthwiseLayer, Graph, Layer } from './graph.ts';

type ConvOptions = Partial<
  Pick<ConvLayer, 'stride' | 'dilation' | 'padding' | 'activation' | 'batchNorm'>
>;
type DepthwiseOptions = Partial<Pick<DepthwiseLayer, 'stride' | 'padding' | 'activation'>>;

export class GraphBuilder {
  readonly #layers: Layer[] = [{ op: 'input', name: 'input' }];
  readonly input = 'input';

  conv(name: string, input: string, filters: number, kernel: number, options: ConvOptions = {}) {
    const padding = (kernel - 1) / 2;
    return this.#push({
      op: 'conv',
      name,
      input,
      filters,
      kernel,
      stride: 1,
      dilation: 1,
      padding,
      ...options,
    });
  }

  depthwise(name: string, input: string, options: DepthwiseOptions = {}) {
    return this.#push({
      op: 'depthwise',
      name,
      input,
      kernel: 3,
      stride: 1,
      padding: 'same',
      ...options,
    });
  }

  deconv(name: string, input: string, filters: number, batchNorm = false) {
    return this.#push({ op: 'deconv', name, input, filters, ...(batchNorm && { batchNorm }) });
  }

  maxPool(name: string, input: string, size: number, ceil = false) {
    return this.#push({ op: 'maxpool', name, input, size, stride: 2, padding: 0, ceil });
  }

  l2norm(name: string, input: string, scale: number) {
    return this.#push({ op: 'l2norm', name, input, scale });
  }

  add(name: string, inputs: [string, string], activation?: Activation) {
    return this.#push({ op: 'add', name, inputs, ...(activation && { activation }) });
  }

  graph(heads: HeadMap<string[]>, anchorsPerCell: number, numClasses: number): Graph {
    return { layers: this.#layers, heads, anchorsPerCell, numClasses };
  }

  #push(layer: Layer): string {
    this.#layers.push(layer);
    return layer.name;
  }
}
