/** A network of one input size in ONNX Runtime. Its input and its heads lie in the heap of the wasm kernels. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { anchorCount } from '../anchors.ts';
import type { Size } from '../detection/views.ts';
import { RefineDetError } from '../errors.ts';
import { exportOnnx } from '../export/onnx/export-onnx.ts';
import { INPUT_NAME } from '../export/onnx/onnx-network.ts';
import { byHead, type HeadMap, headShapes } from '../heads.ts';
import { float32View, type Heap } from '../kernels/heap.ts';
import type { HeadPointers } from '../kernels/postprocess.ts';
import type { Model } from '../model/model.ts';
import { memoryShortage } from '../out-of-memory.ts';
import { modelAnchors } from './model-anchors.ts';

/** The package onnxruntime-node. */
export type OnnxRuntime = typeof import('onnxruntime-node');

/** A tensor in the heap. */
interface Place {
  pointer: number;
  shape: readonly number[];
}

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

export class OnnxruntimeSession {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #heap: Heap;
  readonly #input: Place;
  readonly #heads: HeadMap<Place>;

  private constructor(
    runtime: OnnxRuntime,
    session: InferenceSession,
    heap: Heap,
    places: { input: Place; heads: HeadMap<Place> },
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#heap = heap;
    this.#input = places.input;
    this.#heads = places.heads;
  }

  /** @throws BACKEND_UNAVAILABLE, OUT_OF_MEMORY, and what `exportOnnx` throws */
  static async open(
    runtime: OnnxRuntime,
    heap: Heap,
    model: Model,
    size: Size,
    options: InferenceSession.SessionOptions,
  ): Promise<OnnxruntimeSession> {
    const file = exportOnnx(model, { inputSize: size });
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(file, options);
    } catch (cause) {
      const shortage = memoryShortage('no memory for a session of ONNX Runtime', cause);
      const message = `cannot use onnxruntime: ${(cause as Error).message}`;
      throw shortage ?? new RefineDetError('BACKEND_UNAVAILABLE', message, { cause });
    }
    const pointers: number[] = [];
    const place = (shape: readonly number[]): Place => {
      const pointer = heap.malloc(4 * count(shape));
      pointers.push(pointer);
      return { shape, pointer };
    };
    try {
      const grid = modelAnchors(model, size);
      const anchors = anchorCount(grid.levels, grid.options);
      const shapes = headShapes(1, anchors, model.graph.numClasses);
      return new OnnxruntimeSession(runtime, session, heap, {
        input: place([1, size.height, size.width, 3]),
        heads: byHead((name) => place(shapes[name])),
      });
    } catch (error) {
      for (const pointer of pointers) heap.free(pointer);
      // It holds the weights in native memory.
      await session.release();
      throw error;
    }
  }

  /** Address of the input [1, height, width, 3]. */
  get input(): number {
    return this.#input.pointer;
  }

  /** Runs the network and returns the heads; the heap must not grow meanwhile. */
  async run(): Promise<HeadPointers> {
    const heads = byHead((name) => this.#tensor(this.#heads[name]));
    await this.#session.run({ [INPUT_NAME]: this.#tensor(this.#input) }, { ...heads });
    const [, anchors] = this.#heads.armConf.shape;
    return { anchors, ...byHead((name) => this.#heads[name].pointer) };
  }

  dispose(): void {
    for (const { pointer } of [this.#input, ...Object.values(this.#heads)]) {
      this.#heap.free(pointer);
    }
    void this.#session.release();
  }

  /** Makes a tensor on the memory of the heap, which moves when the heap grows. */
  #tensor({ pointer, shape }: Place): Tensor {
    const values = float32View(this.#heap, pointer, count(shape));
    return new this.#runtime.Tensor('float32', values, shape);
  }
}
