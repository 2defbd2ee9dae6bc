/** Script of a team's worker, see team.ts: waits for one message, then works until it is ended. */
import { Board, type PartKernels } from './board.ts';

/** The message that starts the worker. */
export interface TeamWorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  board: SharedArrayBuffer;
  thread: number;
}

globalThis.onmessage = ({ data }: MessageEvent<TeamWorkerStart>) => {
  const { module, memory, board, thread } = data;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  new Board(board, exports as unknown as PartKernels, thread).serve();
};
