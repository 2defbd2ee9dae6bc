/**
 * A copy of the network that trains on its slice of every batch, in a worker or in the calling thread.
 * {@link Replica} is the contract between the copy and the trainer.
 */
import { anchorGrid } from '../../anchors.ts';
import type { TfjsBackend } from '../../backend/tfjs.ts';
import type { Detection } from '../../boxes.ts';
import { RefineDet } from '../../detector.ts';
import { EVALUATION_SCORE_THRESHOLD } from '../../evaluation/detect-dataset.ts';
import type { Weights } from '../../model/graph.ts';
import type { Model } from '../../model/model.ts';
import { levelShapes } from '../../model/summary.ts';
import { SampleMaker } from '../data/sample-maker.ts';
import { allLayers, type Device, type Pass, type Slot } from '../devices/device.ts';
import { GpuDevice } from '../devices/gpu-device.ts';
import { HeapDevice } from '../devices/heap-device.ts';
import { DetectionLoss, type ModuleCounts } from '../loss/detection-loss.ts';
import type { Truth } from '../loss/truth.ts';
import { layOutParameters, type Parameter } from '../memory/parameter-layout.ts';
import { type TrainingRuntime, trainingRuntime } from '../training-runtime.ts';
import type {
  Replica,
  ReplicaSetup,
  SharedBuffers,
  SliceJob,
  SliceResult,
} from './replica-protocol.ts';

/** A teacher does not learn: it keeps the weights that it started with. */
const NO_WEIGHTS = new Float32Array();

/** Anchors and buffers for one input size and number of images, created once. */
interface Stage {
  /** Side of the input in pixels. */
  side: number;
  slot: Slot;
  /** The slot of the teacher. */
  teacher?: Slot;
  loss: DetectionLoss;
}

/** State of a slice between the calls of a step. */
interface Step {
  stage: Stage;
  pass: Pass;
  /** The pass of the teacher. */
  taught?: Pass;
  /** Time spent on the slice so far. */
  milliseconds: number;
}

export class LocalReplica implements Replica {
  readonly #setup: ReplicaSetup;
  readonly #buffers: SharedBuffers;
  readonly #runtime: TrainingRuntime;
  readonly #device: Device;
  readonly #teacher: Device | undefined;
  readonly #gpu: TfjsBackend | undefined;
  readonly #parameters: readonly Parameter[];
  readonly #samples: SampleMaker;
  readonly #stages = new Map<string, Stage>();
  #prepared: { stage: Stage; truths: Truth[]; warnings: string[] } | undefined;
  #step: Step | undefined;
  #detector: RefineDet | undefined;

  private constructor(
    setup: ReplicaSetup,
    buffers: SharedBuffers,
    runtime: TrainingRuntime,
    { device, teacher }: { device: Device; teacher?: Device },
    gpu: TfjsBackend | undefined,
  ) {
    this.#setup = setup;
    this.#buffers = buffers;
    this.#runtime = runtime;
    this.#device = device;
    this.#teacher = teacher;
    this.#gpu = gpu;
    this.#parameters = layOutParameters(setup.model.graph).parameters;
    this.#samples = new SampleMaker(runtime.kernels, setup);
  }

  /**
   * Starts a replica.
   * @param gpu backend that runs the network; default: wasm
   * @throws BACKEND_UNAVAILABLE, MISSING_DEPENDENCY, OUT_OF_MEMORY
   */
  static async start(
    setup: ReplicaSetup,
    buffers: SharedBuffers,
    gpu?: TfjsBackend,
  ): Promise<LocalReplica> {
    const runtime = await trainingRuntime(setup.threads);
    const start = async (model: Model): Promise<Device> =>
      gpu ? GpuDevice.start(gpu, model, runtime.heap) : new HeapDevice(model, runtime.heap);
    const device = await start(setup.model);
    const teacher = setup.teacher && (await start(setup.teacher));
    return new LocalReplica(setup, buffers, runtime, { device, teacher }, gpu);
  }

  async prepare({ draws, inputSize }: SliceJob): Promise<void> {
    const stage = this.#stage(draws.length, inputSize);
    const truths: Truth[] = [];
    const warnings: string[] = [];
    for (const [i, draw] of draws.entries()) {
      const pointer = stage.slot.input + i * 12 * inputSize ** 2;
      const target = { pointer, width: inputSize, height: inputSize };
      truths.push(await this.#samples.make(draw, target, (warning) => warnings.push(warning)));
    }
    this.#prepared = { stage, truths, warnings };
  }

  async match(frozen: readonly string[]): Promise<ModuleCounts> {
    const start = performance.now();
    const { stage, truths } = this.#prepared!;
    const weights = this.#buffers.weights();
    const pass = await stage.slot.forward(weights, new Set(frozen));
    const taught = await this.#teach(stage, truths.length);
    const positives = stage.loss.match(pass.heads, truths);
    this.#step = { stage, pass, taught, milliseconds: performance.now() - start };
    return positives;
  }

  async differentiate(positives: ModuleCounts): Promise<SliceResult> {
    const start = performance.now();
    const { stage, pass, taught, milliseconds } = this.#step!;
    const { warnings } = this.#prepared!;
    const { gradients } = stage.slot;
    const parts = stage.loss.evaluate(pass.heads, gradients, positives, taught?.heads);
    taught?.release();
    await pass.differentiate(this.#buffers.gradients());
    this.#step = undefined;
    return { parts, warnings, computeMs: milliseconds + performance.now() - start };
  }

  async beginDetecting(): Promise<void> {
    const averages = this.#buffers.averages();
    const weights: Weights = new Map(
      this.#parameters.map(({ name, shape, offset, length }) => [
        name,
        { shape, data: averages.slice(offset, offset + length) },
      ]),
    );
    const model = { ...this.#setup.model, weights };
    const { threads } = this.#setup;
    this.#detector = await RefineDet.load(model, { backend: this.#gpu, threads, warmUp: false });
  }

  async detect(path: string): Promise<Detection[]> {
    return this.#detector!.detect(path, { scoreThreshold: EVALUATION_SCORE_THRESHOLD });
  }

  async endDetecting(): Promise<void> {
    this.#detector?.dispose();
    this.#detector = undefined;
  }

  async dispose(): Promise<void> {
    this.#detector?.dispose();
    this.#device.dispose();
    this.#teacher?.dispose();
    this.#samples.dispose();
    for (const { loss } of this.#stages.values()) loss.dispose();
  }

  /** Runs the teacher on the images of a stage. */
  async #teach({ slot, side, teacher }: Stage, images: number): Promise<Pass | undefined> {
    if (!teacher) return undefined;
    const bytes = 12 * images * side ** 2;
    const memory = new Uint8Array(this.#runtime.heap.memory.buffer);
    memory.copyWithin(teacher.input, slot.input, slot.input + bytes);
    return teacher.forward(NO_WEIGHTS, allLayers(this.#setup.teacher!.graph));
  }

  #stage(images: number, side: number): Stage {
    const key = `${images}x${side}`;
    let stage = this.#stages.get(key);
    if (!stage) {
      const { graph, config } = this.#setup.model;
      const anchors = anchorGrid(levelShapes(graph, side, side), side, side, config.anchors);
      const size = { images, side, anchors: anchors.length / 4 };
      stage = {
        side,
        slot: this.#device.slot(size),
        teacher: this.#teacher?.slot(size),
        loss: new DetectionLoss(
          this.#runtime.kernels,
          anchors,
          config.classes.length,
          this.#setup.loss,
        ),
      };
      this.#stages.set(key, stage);
    }
    return stage;
  }
}
