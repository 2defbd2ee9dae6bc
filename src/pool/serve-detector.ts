/** Program of a pool's workers: one detector that answers a client. */
import { loadNative } from '#native';
import { openSource } from '../detection/load-model.ts';
import { RefineDet } from '../detector.ts';
import { noTimings, type StageTimings } from '../engine/engine.ts';
import type { Accelerator } from '../engine/native-backend.ts';
import type { Architecture } from '../model/model.ts';
import { answerCalls, type CallContext } from '../remote/answer-calls.ts';
import { unpackError } from '../remote/sent-error.ts';
import type { ClientWire } from '../remote/wire.ts';
import type {
  Detected,
  DetectRequest,
  LoadRequest,
  SentBinary,
  WorkerState,
} from './pool-messages.ts';

/** Options of your own worker. */
export interface ServeOptions {
  /** GPU backends that the client's `backend` may name. */
  gpu?: readonly Accelerator[];
  /** Asks the client for tfjs' wasm binary; a self-contained script needs this. */
  wasmFromClient?: boolean;
}

/** Methods besides `detect` that the client can call by name. */
export type DetectorMethods = Record<
  string,
  (detector: RefineDet, argument: never, context: CallContext) => Promise<unknown>
>;

export function serveDetector(
  wire: ClientWire,
  { gpu = [], wasmFromClient = false }: ServeOptions = {},
  methods: DetectorMethods = {},
): void {
  let loading: Promise<RefineDet> | undefined;
  let receiveBinary: (sent: SentBinary) => void = () => {};

  const askForBinary = async (threaded: boolean) => {
    const sent = await new Promise<SentBinary>((resolve) => {
      receiveBinary = resolve;
      emit('binary', threaded);
    });
    if ('error' in sent) throw unpackError(sent.error);
    return sent.binary;
  };

  const report = ({ backend, compute, threads, heapBytes }: RefineDet) => {
    emit('state', { backend, compute, threads, heapBytes } satisfies WorkerState);
  };

  const served = Object.entries({ detect, ...methods }).map(([name, method]) => [
    name,
    async (argument: never, context: CallContext) => {
      const detector = await loading!;
      return method(detector, argument, context).finally(() => report(detector));
    },
  ]);

  const emit = answerCalls(wire, {
    ...Object.fromEntries(served),
    async load({ source, options }: LoadRequest, { signal }: CallContext): Promise<Architecture> {
      const { cache = true, backend } = options;
      const onProgress = (progress: object) => emit('progress', progress);
      const [model] = await openSource(source, signal, { onProgress, cache });
      loading = RefineDet.load(model, {
        ...options,
        backend: typeof backend === 'object' ? await loadNative(backend.session) : backend,
        wasm: options.wasm ?? (wasmFromClient ? askForBinary : undefined),
        gpu,
        signal,
        warn: (message) => emit('warn', message),
        info: (message) => emit('info', message),
      });
      const detector = await loading;
      report(detector);
      return { graph: model.graph, config: detector.config };
    },
    async binary(sent: SentBinary): Promise<void> {
      receiveBinary(sent);
    },
  });
}

async function detect(
  detector: RefineDet,
  { image, options }: DetectRequest,
  { signal }: CallContext,
): Promise<Detected> {
  let timings = noTimings();
  const onTimings = (measured: StageTimings) => {
    timings = measured;
  };
  try {
    const detections = await detector.detect(image, { ...options, signal, onTimings });
    return { detections, timings };
  } finally {
    // The worker owns a transferred image and must release it.
    if (image && typeof image === 'object' && 'close' in image) image.close();
  }
}
