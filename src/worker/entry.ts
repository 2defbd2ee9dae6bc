/** The script of the default worker, bundled into one file: the client brings tfjs' wasm along. */
import { serve } from './serve.ts';

serve({ wasmFromClient: true });
